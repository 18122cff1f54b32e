using System.Reflection;

namespace Broker.Client.Tests.Architecture;

public sealed class PublicSurfaceTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Type[] s_public = typeof(BrokerClient).Assembly.GetExportedTypes();

    [Fact]
    public void Every_public_type_is_in_the_one_namespace()
    {
        var elsewhere = s_public.Where(type => type.Namespace != "Broker.Client");

        Assert.Empty(elsewhere);
    }

    [Fact]
    public void No_public_signature_mentions_the_driver()
    {
        var leaks =
            from type in s_public
            from part in Parts(type)
            where part.Type is { } used && MentionsDriver(used)
            select $"{type.Name}.{part.Member} mentions {part.Type}";

        Assert.Empty(leaks);
    }

    [Fact]
    public void Every_public_class_is_sealed_or_cannot_be_derived_from_outside()
    {
        var open =
            from type in s_public
            where type.IsClass && !type.IsSealed
            where type.GetConstructors(Declared).Any(constructor => constructor.IsPublic || constructor.IsFamily || constructor.IsFamilyOrAssembly)
            select type.Name;

        Assert.Empty(open);
    }

    [Theory]
    [InlineData(typeof(List<Dictionary<string, RabbitMQ.Client.IChannel[]>>), true)]
    [InlineData(typeof(Func<RabbitMQ.Client.IChannel>), true)]
    [InlineData(typeof(List<Dictionary<string, Message[]>>), false)]
    public void A_mention_is_found_inside_of_generic_types_and_arrays(Type type, bool expected)
    {
        Assert.Equal(expected, MentionsDriver(type));
    }

    private static IEnumerable<(string Member, Type? Type)> Parts(Type type)
    {
        yield return ("base", type.BaseType);
        foreach (var implemented in type.GetInterfaces())
            yield return ("interface", implemented);
        foreach (var constructor in type.GetConstructors(Declared).Where(IsVisible))
        {
            foreach (var parameter in constructor.GetParameters())
                yield return (".ctor", parameter.ParameterType);
        }

        foreach (var method in type.GetMethods(Declared).Where(IsVisible))
        {
            yield return (method.Name, method.ReturnType);
            foreach (var parameter in method.GetParameters())
                yield return (method.Name, parameter.ParameterType);
            foreach (var constraint in method.GetGenericArguments().SelectMany(argument => argument.GetGenericParameterConstraints()))
                yield return (method.Name, constraint);
        }

        foreach (var field in type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily))
            yield return (field.Name, field.FieldType);
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool MentionsDriver(Type type) =>
        type.HasElementType ? MentionsDriver(type.GetElementType()!)
        : type.Assembly == typeof(RabbitMQ.Client.IChannel).Assembly || type.GetGenericArguments().Any(MentionsDriver);
}
