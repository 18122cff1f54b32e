using System.Text.Json;
using System.Text.Json.Serialization;

namespace Worker;

/// <summary>What a thermometer tells.</summary>
public sealed record Reading(string Sensor, double Celsius);

/// <summary>What somebody should know.</summary>
public sealed record Alarm(string Sensor, string Text);

/// <summary>How both are read and written, without reflection.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Reading))]
[JsonSerializable(typeof(Alarm))]
internal sealed partial class ReadingsJson : JsonSerializerContext;
