from kernel.rooms import Room

room = Room("accounts", __name__)
