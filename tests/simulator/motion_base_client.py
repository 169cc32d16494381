"""A client of the platform written from the byte table alone: no import of ours."""

import socket
import struct

WORDS = {"engage": 180, "park": 210, "reset": 160, "new_position": 130, "disable": 220}


class Client:
    def __init__(self, host, port):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect((host, port))
        self.sock.settimeout(0.5)

    def send(self, word, roll=0.0, pitch=0.0, heave=0.0, surge=0.0, yaw=0.0, lateral=0.0):
        packet = struct.pack(">IffffffI", WORDS[word], roll, pitch, heave, surge, yaw, lateral, 0)
        self.sock.send(packet)

    def hear(self):
        answer = self.sock.recv(64)
        faults, lights, state, roll, pitch, heave, surge, yaw, lateral, _ = struct.unpack(
            ">IIIffffffI", answer
        )
        return {
            "faults": faults,
            "estop": bool(lights & 0x80),
            "home": bool(lights & 0x01),
            "state": state & 0x0F,
            "pose": (roll, pitch, heave, surge, yaw, lateral),
        }

    def close(self):
        self.sock.close()
