"""Accounts: people, the organisations they act for, how they sign in, and the Viewer that every other room is handed.

A person has a handle, a profile and grants. A grant is a token (`staff`, `moderator:3`, `alliance:7`) that the
person holds; audiences and rights are made of them, so one row is all it takes to give or withdraw either. A seat in
an organisation is such tokens too.
"""
