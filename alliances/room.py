from kernel.rooms import Room

room = Room("alliances", __name__)
