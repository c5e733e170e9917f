"""What people and machines meet: pages, the API, the phone, the wall."""
