"""relay.py PORT TARGET_PORT: passes connections on to the target until it is killed."""
import asyncio
import sys

port, target = map(int, sys.argv[1:])


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def accept(reader, writer):
    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", target)
    await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer))


async def main():
    server = await asyncio.start_server(accept, "127.0.0.1", port)
    print("[py] relaying", flush=True)
    await server.serve_forever()


asyncio.run(main())
