namespace Broker.Client.Testing;

/// <summary>A method of AMQP 0-9-1 or of RabbitMQ's extensions, with <see cref="Name"/> as the specification writes it
/// ("basic.publish").</summary>
internal abstract record Method(ushort ClassId, ushort MethodId, string Name)
{
    /// <summary>Reads a method frame's whole payload.</summary>
    public static Method Read(ReadOnlySpan<byte> payload)
    {
        var reader = new AmqpReader(payload);
        var id = reader.UInt32();
        var method = MethodTable.Find(id)?.Read(ref reader)
            ?? throw new AmqpSyntaxException(
                AmqpSyntaxException.CommandInvalid, $"Class {id >> 16} has no method {id & 0xFFFF}");
        reader.End();
        return method;
    }

    public void Write(AmqpWriter writer) => WriteFields(writer.UInt16(ClassId).UInt16(MethodId));

    /// <summary>Left alone by the methods that have no fields.</summary>
    protected virtual void WriteFields(AmqpWriter writer)
    {
    }
}
