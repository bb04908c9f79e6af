from kernel.rooms import Room

room = Room("activity", __name__)
