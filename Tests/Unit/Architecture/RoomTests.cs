using System.Reflection;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Architecture;

/// <summary>The order of the rooms (namespaces), read from the compiled assemblies.</summary>
public sealed class RoomTests
{
    private const string Product = "TraversalLearning.";

    /// <summary>From below: a room refers to itself and to rooms before it, without exception. docs/development.md says what each is for.</summary>
    private static readonly string[] Order =
    [
        "Wire",
        "Charts",
        "Hosting",
        "Configuration",
        "Tensors",
        "Files",
        "Messages",
        "Transport",
        "Records",
        "Security",
        "Enrolment",
        "SecureAggregation",
        "Data",
        "Data.Tables",
        "Data.Formats",
        "Data.Datasets",
        "Data.Partitions",
        "Data.Batches",
        "Models.Layers",
        "Models.Losses",
        "Models.Parameters",
        "Models.Optimizers",
        "Models",
        "Nodes",
        "Nodes.Policies",
        "Nodes.Blind",
        "Nodes.Tasks",
        "Nodes.Agents",
        "NodeDaemon",
        "Orchestration.Options.Topologies",
        "Orchestration.Options",
        "Orchestration.Events",
        "Orchestration.Connections",
        "Orchestration.Authority",
        "Orchestration.Training.Planning",
        "Orchestration.Training.Scoring",
        "Orchestration.Training.Model",
        "Orchestration.Training",
        "Orchestration.Training.Steps",
        "Orchestration.Training.Local",
        "Orchestration.Training.Sessions",
        "Orchestration.Training.Blind",
        "Orchestration.Training.SplitLearning",
        "Orchestration.Training.Methods",
        "Orchestration.Export",
        "Orchestration.Flags",
        "Orchestration.Runs.Checkpoints",
        "Orchestration.Runs.Folder",
        "Orchestration.Runs",
        "Orchestration.Runs.Crews",
        "Orchestration.Reports.Results",
        "Orchestration.Reports",
        "Orchestration.Audit.Attacks",
        "Orchestration.Audit",
        "Orchestration.Studies",
        "Orchestration.Studies.Comparison",
        "Orchestration.Observe.Telemetry",
        "Orchestration.Observe.Dashboard",
        "Orchestration.Observe.Watch",
        "Orchestration.Observe",
        "Orchestration.Commands",
    ];

    /// <summary>Packages that not every room may see, and the rooms that do. Of TorchSharp <see cref="SeesTorch"/> decides.</summary>
    private static readonly Dictionary<string, string[]> Packages = new(StringComparer.Ordinal)
    {
        ["MessagePack"] = ["Wire", "Tensors", "Messages", "Transport"],
        ["K4os"] = ["Tensors"],
        ["Parquet"] = ["Data.Formats"],
        ["SixLabors"] = ["Data.Formats"],
        ["Onnx"] = ["Orchestration.Export"],
        ["YamlDotNet"] = ["Configuration", "Orchestration.Options.Topologies", "Orchestration.Studies"],
        ["NLog"] = ["Hosting", "NodeDaemon", "Orchestration.Observe.Dashboard"],
        ["OpenTelemetry"] = ["Orchestration.Observe", "Orchestration.Observe.Telemetry", "Orchestration.Observe.Dashboard"],
        ["TorchSharp"] = [],
    };

    private static readonly Assembly Common = typeof(NodeAgent).Assembly;
    private static readonly Assembly Orchestrator = typeof(RunOptions).Assembly;
    private static readonly Assembly Node = typeof(NodeDaemon.NodeCommand).Assembly;

    /// <summary>Every reference of a room to another, or to a package.</summary>
    private static readonly Lazy<(string From, string To, string Where)[]> Arrows = new(() =>
    [
        .. new[] { Common, Orchestrator, Node }
            .SelectMany(a => a.GetTypes())
            .Where(t => RoomOf(t) is not null)
            .SelectMany(t => TypeReferences.Of(t).Select(r => (From: RoomOf(t)!, To: RoomOf(r) ?? PackageOf(r), Where: $"{t.FullName} → {r.FullName}")))
            .Where(a => a.To is not null && a.To != a.From)
            .Select(a => (a.From, a.To!, a.Where)),
    ]);

    [Test]
    public void Rooms_refer_only_to_rooms_below_them() =>
        Assert.That(Arrows.Value.Where(a => !Packages.ContainsKey(a.To) && Array.IndexOf(Order, a.To) > Array.IndexOf(Order, a.From)).Select(a => a.Where), Is.Empty);

    [Test]
    public void Every_room_has_its_place_and_holds_something() =>
        Assert.That(new[] { Common, Orchestrator, Node }.SelectMany(a => a.GetTypes()).Select(RoomOf).OfType<string>().Distinct(StringComparer.Ordinal), Is.EquivalentTo(Order));

    [Test]
    public void Packages_are_seen_only_where_they_belong()
    {
        IEnumerable<string> wrong = Arrows.Value
            .Where(a => Packages.TryGetValue(a.To, out string[]? rooms) && (a.To == "TorchSharp" ? !SeesTorch(a) : !rooms.Contains(a.From, StringComparer.Ordinal)))
            .Select(a => a.Where);
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void References_are_found_where_they_are_known_to_be()
    {
        // Else the tests above would pass on an empty list.
        foreach ((string from, string to) in new[]
        {
            ("Transport", "Wire"), ("Transport", "MessagePack"), ("Tensors", "K4os"), ("Models", "TorchSharp"), ("Nodes.Tasks", "Transport"), ("Hosting", "TorchSharp"),
            ("Data.Formats", "Parquet"), ("Data.Formats", "SixLabors"), ("Orchestration.Export", "Onnx"), ("Configuration", "YamlDotNet"),
            ("Orchestration.Training", "TorchSharp"), ("Orchestration.Training.Steps", "Orchestration.Connections"), ("NodeDaemon", "Nodes"),
        })
        {
            Assert.That(Arrows.Value.Any(a => a.From == from && a.To == to), Is.True, $"{from} → {to}");
        }
    }

    [Test]
    public void The_two_programs_never_see_each_other()
    {
        Assert.That(Names(Orchestrator), Does.Not.Contain(Node.GetName().Name).And.Contains(Common.GetName().Name));
        Assert.That(Names(Node), Does.Not.Contain(Orchestrator.GetName().Name).And.Contains(Common.GetName().Name));
        Assert.That(Names(Common), Does.Not.Contain(Node.GetName().Name).And.Not.Contains(Orchestrator.GetName().Name));

        static string?[] Names(Assembly assembly) => [.. assembly.GetReferencedAssemblies().Select(a => a.Name)];
    }

    /// <summary>Torch belongs to whoever computes, from the models on; in Hosting to the library and the choice of a device.</summary>
    private static bool SeesTorch((string From, string To, string Where) arrow) => arrow.From == "Hosting"
        ? arrow.Where.StartsWith($"{Product}Hosting.LibTorch", StringComparison.Ordinal) || arrow.Where.StartsWith($"{Product}Hosting.ComputeDevice", StringComparison.Ordinal)
        : Array.IndexOf(Order, arrow.From) >= Array.IndexOf(Order, "Models.Layers");

    private static string? RoomOf(Type type) => type.Namespace?.StartsWith(Product, StringComparison.Ordinal) == true ? type.Namespace[Product.Length..] : null;

    private static string? PackageOf(Type type) => type.Namespace?.Split('.')[0] is { } root && Packages.ContainsKey(root) ? root : null;
}
