"""The registry: inventors seal a work before they disclose it, and hold evidence of the time that needs nobody's word.

A **record** is one work. Its **leaf**, a signed commitment that says nothing, goes into the **log** (`ledger/`); its
opening, salt and names stay outside, with whoever holds them, and can be erased. What happens to a record later (a
version, a consent, a disclosure, an assignment, a dispute) is an **event**: another leaf that names the one before.
Time comes from outsiders only: their tokens over a checkpoint of the log say until when a leaf existed at the latest.
"""
