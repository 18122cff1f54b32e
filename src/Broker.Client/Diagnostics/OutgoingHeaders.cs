namespace Broker.Client;

/// <summary>
/// The headers of a message on its way to the driver. What is sealed stays: the driver's own tracing, while someone
/// listens to it, writes its trace over any that is there.
/// </summary>
internal sealed class OutgoingHeaders : Dictionary<string, object?>, IDictionary<string, object?>
{
    private readonly List<string> _sealed = [];

    object? IDictionary<string, object?>.this[string key]
    {
        get => base[key];
        set
        {
            if (!_sealed.Contains(key))
                base[key] = value;
        }
    }

    public void Seal(string name, string value)
    {
        base[name] = value;
        _sealed.Add(name);
    }

    /// <summary>As it does where the headers are of this type.</summary>
    public new void Clear()
    {
        base.Clear();
        _sealed.Clear();
    }
}
