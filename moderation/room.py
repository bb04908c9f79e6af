from kernel.rooms import Room

room = Room("moderation", __name__)
