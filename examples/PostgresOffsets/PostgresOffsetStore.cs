using Broker.Client;
using Npgsql;

namespace PostgresOffsets;

/// <summary>Keeps the positions of subscribers in a table, a row for each.</summary>
public sealed class PostgresOffsetStore : IOffsetStore
{
    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS broker_offsets (
            stream text NOT NULL, subscriber text NOT NULL, next_offset bigint NOT NULL, PRIMARY KEY (stream, subscriber))
        """;

    private const string Upsert =
        """
        INSERT INTO broker_offsets (stream, subscriber, next_offset) VALUES ($1, $2, $3)
        ON CONFLICT (stream, subscriber) DO UPDATE SET next_offset = excluded.next_offset
        """;

    private readonly NpgsqlDataSource _database;

    private PostgresOffsetStore(NpgsqlDataSource database) => _database = database;

    /// <summary>Makes the table where there is none.</summary>
    public static async Task<PostgresOffsetStore> CreateAsync(NpgsqlDataSource database, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var create = database.CreateCommand(Schema);
        await create.ExecuteNonQueryAsync(cancellationToken);
        return new PostgresOffsetStore(database);
    }

    public async ValueTask<long?> ReadAsync(string stream, string subscriber, CancellationToken cancellationToken = default)
    {
        await using var read = _database.CreateCommand("SELECT next_offset FROM broker_offsets WHERE stream = $1 AND subscriber = $2");
        read.Parameters.Add(new() { Value = stream });
        read.Parameters.Add(new() { Value = subscriber });
        return await read.ExecuteScalarAsync(cancellationToken) as long?;
    }

    public async ValueTask WriteAsync(string stream, string subscriber, long offset, CancellationToken cancellationToken = default)
    {
        await using var write = _database.CreateCommand(Upsert);
        write.Parameters.Add(new() { Value = stream });
        write.Parameters.Add(new() { Value = subscriber });
        write.Parameters.Add(new() { Value = offset });
        await write.ExecuteNonQueryAsync(cancellationToken);
    }
}
