using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.Hosting.Tests.Serialization;

/// <summary>S5: a message chooses no .NET type, in whatever place it names one.</summary>
public sealed class TypeSafetyTests(BrokerFixture brokers)
{
    // Each in an assembly that does not exist, so that the first step towards the type is an assembly that is asked for.
    private static readonly string[] s_gadgets =
    [
        .. from type in (string[])
           [
               "System.Windows.Data.ObjectDataProvider", "System.Diagnostics.Process", "System.IO.FileInfo", "System.IO.FileSystemInfo",
               "System.Configuration.Install.AssemblyInstaller", "System.Activities.Presentation.WorkflowDesigner",
               "System.Windows.ResourceDictionary", "System.Windows.Forms.BindingSource", "System.Data.DataSet",
               "System.Data.DataViewManager", "System.Management.Automation.PSObject", "System.Xml.XmlDataDocument",
               "System.Web.UI.ObjectStateFormatter", "System.Security.Principal.WindowsIdentity", "System.Security.Claims.ClaimsIdentity",
               "System.Runtime.Remoting.ObjRef", "System.Messaging.BinaryMessageFormatter", "Microsoft.VisualStudio.Text.Formatting.TextFormattingRunProperties",
               "System.Collections.Generic.SortedSet`1[[System.String, Gadget]]", "System.Resources.ResXResourceReader",
               "System.Drawing.Design.ToolboxItemContainer", "System.Workflow.ComponentModel.Serialization.ActivitySurrogateSelector",
               "System.IdentityModel.Tokens.SessionSecurityToken", "System.Web.Security.RolePrincipal", "System.CodeDom.Compiler.TempFileCollection",
           ]
           from version in (string[])["1.0.0.0", "4.0.0.0"]
           select $"{type}, Gadget.{type.Split('`')[0]}, Version={version}, Culture=neutral, PublicKeyToken=null",
    ];

    [Fact]
    public async Task Fifty_names_of_types_in_every_place_load_none()
    {
        Assert.Equal(50, s_gadgets.Length);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Order>.StartAsync(brokers.Shared, probe);
        await reading.PutAsync(null, """{ "id": 0, "item": "warm" }""");
        await reading.Read.ReachAsync(1);
        var asked = new Collected<string>();
        Func<object?, ResolveEventArgs, System.Reflection.Assembly?> note = (_, request) =>
        {
            if (request.Name.Contains("Gadget", StringComparison.Ordinal))
                asked.Add(request.Name);
            return null;
        };
        ResolveEventHandler noted = new(note);
        AppDomain.CurrentDomain.AssemblyResolve += noted;
        AppDomain.CurrentDomain.TypeResolve += noted;

        foreach (var gadget in s_gadgets)
        {
            var quoted = System.Text.Json.JsonEncodedText.Encode(gadget);
            await reading.PutAsync("application/json", $$"""{ "$type": "{{quoted}}", "id": 1, "item": "by $type" }""");
            await reading.PutAsync("application/json", $$"""{ "__type": "{{quoted}}", "id": 1, "item": { "$type": "{{quoted}}" } }""");
            await reading.PutAsync("application/json", $$"""{ "id": 1, "item": "by property" }""", gadget);
            await reading.PutAsync($"application/json; type=\"{gadget.Replace(", PublicKeyToken=null", "", StringComparison.Ordinal)}\"", """{ "id": 1, "item": "by parameter" }""");
            await reading.PutAsync(gadget, """{ "id": 1, "item": "by content type" }""");
        }

        var read = await reading.Read.ReachAsync(1 + (3 * s_gadgets.Length), 60);
        await reading.Failed.WaitForCountAsync((uint)(2 * s_gadgets.Length));
        AppDomain.CurrentDomain.AssemblyResolve -= noted;
        AppDomain.CurrentDomain.TypeResolve -= noted;
        await reading.Failed.TakeAsync();
        Assert.All(read, order => Assert.Equal(typeof(Order), order.GetType()));
        Assert.Empty(asked.All);
    }
}
