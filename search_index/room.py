from kernel.rooms import Room

room = Room("search_index", __name__)
