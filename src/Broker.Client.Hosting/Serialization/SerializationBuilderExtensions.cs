using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting;

/// <summary>
/// How a broker's typed consumers and publishers read and write bodies. In the box is JSON, for content types
/// <c>application/json</c>, <c>text/json</c> and those that end in <c>+json</c>; <c>byte[]</c> and <see cref="string"/> need no
/// format. A message without a content type is read in the format of the consumer's registration, and so is one with
/// <c>text/plain</c> or <c>application/octet-stream</c>, which say nothing of it.
/// </summary>
public static class SerializationBuilderExtensions
{
    /// <summary>
    /// Reads and writes JSON by the metadata of a source-generated context, for the types that it has. Several are asked in
    /// the order of their registration. Types that none has go by reflection and <see cref="JsonSerializerOptions.Web"/>, where
    /// <see cref="JsonSerializer.IsReflectionEnabledByDefault"/>; in native AOT there is none, and the host does not start.
    /// </summary>
    public static IBrokerBuilder AddJsonContext(this IBrokerBuilder builder, JsonSerializerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Add(builder, new JsonRegistration(builder.Key, context.Options));
    }

    /// <summary>As <see cref="AddJsonContext"/>, by options with any resolver; without one they go by reflection.</summary>
    public static IBrokerBuilder AddJsonOptions(this IBrokerBuilder builder, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Add(builder, new JsonRegistration(builder.Key, options));
    }

    /// <summary>
    /// Adds a format. Where several read a content type, the first one that was added does, and JSON is the last.
    /// </summary>
    public static IBrokerBuilder AddSerializer(this IBrokerBuilder builder, IMessageSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        return Add(builder, new SerializerRegistration(builder.Key, serializer));
    }

    private static IBrokerBuilder Add<TRegistration>(IBrokerBuilder builder, TRegistration registration)
        where TRegistration : class
    {
        builder.Services.AddSingleton(registration);
        return builder;
    }
}

/// <summary>A source of JSON metadata.</summary>
internal sealed record JsonRegistration(object? Key, JsonSerializerOptions Options);

/// <summary>A format of the user's.</summary>
internal sealed record SerializerRegistration(object? Key, IMessageSerializer Serializer);
