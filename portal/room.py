from kernel.rooms import Room

room = Room("portal", __name__)
