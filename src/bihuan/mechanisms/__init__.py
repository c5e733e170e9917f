"""What a school does all day, built on the engines."""
