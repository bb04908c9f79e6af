from kernel.rooms import Room

room = Room("ip_registry", __name__)
