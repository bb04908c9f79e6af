from kernel.rooms import Room

room = Room("feedback", __name__)
