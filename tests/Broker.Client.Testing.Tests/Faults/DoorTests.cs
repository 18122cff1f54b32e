using System.Net;
using System.Net.Sockets;

namespace Broker.Client.Testing.Tests.Faults;

public sealed class DoorTests
{
    [Fact]
    public void Doors_do_not_share_a_port()
    {
        // With sockets that may share an address, the system gives one free port to several of them.
        var ports = new HashSet<int>();
        var doors = new List<Door>();
        try
        {
            for (var i = 0; i < 2000; i++)
            {
                var door = new Door(port: 0, static socket => socket.Dispose());
                doors.Add(door);
                door.Open();
                Assert.True(ports.Add(door.Port), $"Port {door.Port} was given twice.");
            }
        }
        finally
        {
            foreach (var door in doors) door.Dispose();
        }

    }

    [Fact]
    public void A_port_that_is_taken_is_refused()
    {
        using var first = new Door(port: 0, static socket => socket.Dispose());
        first.Open();

        Assert.Equal(SocketError.AddressAlreadyInUse,
            Assert.Throws<SocketException>(() => new Door(first.Port, static _ => { })).SocketErrorCode);
    }

    [Fact]
    public async Task A_door_is_shut_and_opened_again_on_its_port_while_connections_last()
    {
        var entered = new List<Socket>();
        using var door = new Door(port: 0, entered.Add);
        door.Open();
        using var guest = await ConnectAsync(door.Port);

        for (var i = 0; i < 20; i++)
        {
            door.Shut();
            await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(door.Port));
            door.Open();
            (await ConnectAsync(door.Port)).Dispose();
        }

        Assert.True(guest.Connected);
        foreach (var socket in entered) socket.Dispose();
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }
}
