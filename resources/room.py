from kernel.rooms import Room

room = Room("resources", __name__)
