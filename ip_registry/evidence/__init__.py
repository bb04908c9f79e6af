"""What an inventor takes home: papers that prove a record to anyone, with nobody's help."""
