from kernel.rooms import Room

room = Room("forum", __name__)
