"""What somebody missed, in one mail in the morning of a day or of a Monday, and as a page.

`sections` is what rooms above bring; `composing` finds what one person is told and shows it; `running` goes through the
people, a portion at a time, and sends each their digest once.
"""
