using System.Text.Json;
using System.Text.Json.Serialization;

namespace Broker.Client.Hosting;

/// <summary>What a source remembers: the ids that it has published, and the validators of its last answer.</summary>
/// <param name="file">Where it is kept, or null.</param>
/// <param name="most">How many ids beyond those of the last answer.</param>
internal sealed class PollingMemory(string? file, int most)
{
    private readonly Dictionary<string, long> _seen = new(StringComparer.Ordinal); // and in which round
    private long _round;

    public string? ETag { get; private set; }

    public DateTimeOffset? LastModified { get; private set; }

    /// <exception cref="InvalidDataException">The file is not one of ours; to overwrite it could cost what is in it.</exception>
    public void Load()
    {
        if (file is null || !File.Exists(file))
            return;
        try
        {
            using var stream = File.OpenRead(file);
            var kept = JsonSerializer.Deserialize(stream, PollingJson.Default.Kept) ?? throw new JsonException("It is null.");
            (ETag, LastModified) = (kept.ETag, kept.LastModified);
            foreach (var id in kept.Ids)
                _seen[id] = 0;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{file} is not the state of a polling source: {error.Message} Delete it to begin anew.", error);
        }
    }

    /// <summary>Whether it is new; it stays remembered as long as answers have it.</summary>
    public bool IsNew(string id)
    {
        if (!_seen.ContainsKey(id))
            return true;
        _seen[id] = _round;
        return false;
    }

    public void Add(string id) => _seen[id] = _round;

    /// <summary>Everything of an answer is published: the server need not send it again.</summary>
    public void EndRound(string? etag, DateTimeOffset? lastModified)
    {
        (ETag, LastModified) = (etag, lastModified);
        var current = _seen.Values.Count(round => round == _round);
        foreach (var (id, _) in _seen.OrderBy(static seen => seen.Value).Take(_seen.Count - current - most).ToArray())
            _seen.Remove(id);
        _round++;
    }

    /// <summary>Replaces the file as a whole: a process that dies here leaves the old one.</summary>
    public void Save()
    {
        if (file is null)
            return;
        var next = $"{file}.next";
        using (var stream = File.Create(next))
        {
            JsonSerializer.Serialize(
                stream, new Kept(ETag, LastModified, [.. _seen.OrderBy(static seen => seen.Value).Select(static seen => seen.Key)]),
                PollingJson.Default.Kept);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }

    internal sealed record Kept(string? ETag, DateTimeOffset? LastModified, IReadOnlyList<string> Ids);
}

[JsonSerializable(typeof(PollingMemory.Kept))]
internal sealed partial class PollingJson : JsonSerializerContext;
