"""The forum: sectors as communities with boards, threads and posts, and what readers do with them.

A **community** is a sector; its **boards** carry the audience, the one thing that decides who sees what.
A **thread** is a discussion, question, announcement or achievement in a board; across the sectors three
**lenses** (experts, achievements, enterprises) gather threads that were started through them.
**Posts** have a dense number in their thread: number 1 opens it, and a number is never given twice, so that a
page is a range of numbers and a link to post 37 stays a link to post 37.
"""
