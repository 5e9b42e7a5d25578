using System.Reflection;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Architecture;

/// <summary>The directions of section 6 of the design, read from the compiled assemblies.</summary>
public sealed class DependencyTests
{
    private const string Product = "TraversalLearning.";

    private static readonly Assembly Common = typeof(NodeAgent).Assembly;
    private static readonly Assembly Orchestrator = typeof(RunOptions).Assembly;
    private static readonly Assembly Node = typeof(NodeDaemon.NodeCommand).Assembly;
    private static readonly Assembly Torch = typeof(TorchSharp.torch).Assembly;

    /// <summary>What each namespace may refer to, of ours and of the packages. Whoever adds a line here changes the architecture.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        // The bytes know nothing of connections; data is files.
        ["Wire"] = ["MessagePack"],
        ["Tensors"] = ["Wire", "MessagePack", "K4os"],
        ["Files"] = [],
        ["Data"] = ["Files"],
        ["Charts"] = [],

        // Connections know nothing of training.
        ["Messages"] = ["Wire", "Tensors", "MessagePack"],
        ["Transport"] = ["Wire", "Tensors", "Messages", "MessagePack"],

        // Modelling and computing.
        // Who is at the other end of a stream; of messages only the lengths of fields.
        ["Security"] = ["Wire", "Files", "Messages", "Hosting"],
        ["Models"] = ["Tensors", "Data", "Files", "Hosting", "TorchSharp"],
        ["Nodes"] = ["Wire", "Tensors", "Data", "Messages", "Transport", "Models", "Hosting", "Security", "TorchSharp"],
        ["Hosting"] = ["Wire", "TorchSharp"],
        ["NodeDaemon"] = ["Data", "Hosting", "Nodes", "Security", "Tensors", "Transport", "TorchSharp"],

        ["Orchestration"] = ["Data", "Hosting", "Messages", "Models", "Nodes", "Security", "Tensors", "Orchestration.Connections", "Orchestration.Events", "Orchestration.Scheduling", "Orchestration.Topologies"],
        ["Orchestration.Topologies"] = ["Data", "Hosting", "Messages", "Wire"],
        ["Orchestration.Planning"] = ["Data"],
        ["Orchestration.Connections"] = ["Data", "Hosting", "Messages", "Models", "Nodes", "Security", "Tensors", "Transport", "Wire", "Orchestration", "Orchestration.Events"],
        ["Orchestration.Scheduling"] =
            ["Messages", "Models", "Nodes", "Tensors", "Transport", "TorchSharp", "Orchestration", "Orchestration.Connections", "Orchestration.Planning", "Orchestration.Topologies"],
        ["Orchestration.Training"] =
        [
            "Data", "Hosting", "Messages", "Models", "Nodes", "Security", "Tensors", "TorchSharp", "Orchestration", "Orchestration.Events", "Orchestration.Checkpoints", "Orchestration.Connections",
            "Orchestration.Monitoring", "Orchestration.Planning", "Orchestration.Reporting", "Orchestration.Scheduling",
        ],

        // Files and when to write them; what is in the tensors is not their business.
        ["Orchestration.Checkpoints"] =
        [
            "Data", "Files", "Hosting", "Models", "Nodes", "Tensors", "Orchestration", "Orchestration.Connections", "Orchestration.Events", "Orchestration.Reporting",
            "Orchestration.Topologies", "Orchestration.Training",
        ],
        ["Orchestration.Reporting"] =
        [
            "Data", "Files", "Hosting", "Models", "Orchestration", "Orchestration.Events", "Orchestration.Checkpoints", "Orchestration.Planning", "Orchestration.Scheduling",
            "Orchestration.Training",
        ],
        ["Orchestration.Verification"] =
        [
            "Data", "Models", "Nodes", "Tensors", "TorchSharp", "Orchestration", "Orchestration.Planning", "Orchestration.Scheduling",
            "Orchestration.Training",
        ],

        // Looking at runs while they go on: nothing that trains knows of it.
        ["Orchestration.Dashboard"] =
        [
            "Data", "Hosting", "Models", "Nodes", "Security", "Wire", "Orchestration", "Orchestration.Checkpoints", "Orchestration.Connections", "Orchestration.Events",
            "Orchestration.Experiments", "Orchestration.Monitoring", "Orchestration.Reporting", "Orchestration.Runs", "Orchestration.Scheduling", "Orchestration.Training",
        ],
        ["Orchestration.Telemetry"] =
        [
            "Files", "Hosting", "TorchSharp", "Orchestration", "Orchestration.Connections", "Orchestration.Events", "Orchestration.Experiments", "Orchestration.Monitoring",
            "Orchestration.Reporting", "Orchestration.Runs", "Orchestration.Scheduling", "Orchestration.Training",
        ],
        ["Orchestration.Observation"] =
            ["Orchestration", "Orchestration.Dashboard", "Orchestration.Experiments", "Orchestration.Runs", "Orchestration.Telemetry"],
        ["Orchestration.Watching"] = ["Hosting", "Wire", "Orchestration.Events", "Orchestration.Experiments"],

        // What happens, for whoever wants to know.
        ["Orchestration.Events"] = ["Orchestration.Reporting", "Orchestration.Scheduling", "Orchestration.Training"],
        ["Orchestration.Monitoring"] = ["Orchestration.Connections", "Orchestration.Events", "Orchestration.Reporting", "Orchestration.Scheduling", "Orchestration.Training"],

        // The ways to train: the loop knows none of them.
        ["Orchestration.Methods"] =
        [
            "Data", "Hosting", "Messages", "Models", "Nodes", "Tensors", "TorchSharp", "Wire", "Orchestration", "Orchestration.Events", "Orchestration.Planning",
            "Orchestration.Scheduling", "Orchestration.SplitLearning", "Orchestration.Topologies", "Orchestration.Training",
        ],
        ["Orchestration.SplitLearning"] =
        [
            "Data", "Messages", "Models", "Nodes", "Tensors", "Transport", "TorchSharp", "Orchestration", "Orchestration.Connections", "Orchestration.Events",
            "Orchestration.Scheduling", "Orchestration.Training",
        ],

        // A whole run, for whoever asks for one.
        ["Orchestration.Runs"] =
        [
            "Data", "Hosting", "Models", "Nodes", "Orchestration", "Orchestration.Events", "Orchestration.Checkpoints", "Orchestration.Connections", "Orchestration.Methods",
            "Orchestration.Monitoring", "Orchestration.Planning", "Orchestration.Reporting", "Orchestration.Reports", "Orchestration.Scheduling", "Orchestration.Topologies", "Orchestration.Training", "Tensors", "TorchSharp",
        ],

        // What runs left, and reports of it: read from their folders, whoever did them.
        ["Orchestration.Results"] = ["Charts", "Files", "Hosting", "Models", "Orchestration.Reporting"],
        ["Orchestration.Reports"] = ["Charts", "Data", "Files", "Hosting", "Orchestration", "Orchestration.Experiments", "Orchestration.Reporting", "Orchestration.Results"],

        // Trained models for other programs.
        ["Orchestration.Export"] = ["Data", "Hosting", "Models", "Orchestration.Training", "Onnx"],

        // Many runs, and what they say of each other.
        ["Orchestration.Comparison"] =
        [
            "Charts", "Data", "Files", "Hosting", "Models", "Nodes", "Tensors", "TorchSharp", "Orchestration", "Orchestration.Events", "Orchestration.Checkpoints", "Orchestration.Reporting",
            "Orchestration.Reports", "Orchestration.Results", "Orchestration.Runs", "Orchestration.Training",
        ],

        // Studies: what is to be done, as files say it; who does it, and how far it is.
        ["Orchestration.Experiments"] =
        [
            "Charts", "Files", "Hosting", "Messages", "Nodes", "Security", "Tensors", "Transport", "Wire", "Orchestration", "Orchestration.Checkpoints",
            "Orchestration.Comparison", "Orchestration.Connections", "Orchestration.Events", "Orchestration.Reporting", "Orchestration.Results",
            "Orchestration.Runs", "Orchestration.Training",
        ],
        ["Orchestration.Experiments.Files"] = ["Hosting", "Wire"],
        ["Orchestration.Cli"] =
        [
            "Charts", "Data", "Files", "Hosting", "Models", "Nodes", "Security", "Tensors", "TorchSharp", "Orchestration", "Orchestration.Checkpoints",
            "Orchestration.Comparison", "Orchestration.Connections", "Orchestration.Dashboard", "Orchestration.Events", "Orchestration.Experiments", "Orchestration.Experiments.Files",
            "Orchestration.Export", "Orchestration.Methods", "Orchestration.Observation", "Orchestration.Planning", "Orchestration.Reporting", "Orchestration.Reports", "Orchestration.Runs", "Orchestration.Scheduling", "Orchestration.Topologies",
            "Orchestration.Training", "Orchestration.Verification", "Orchestration.Watching",
        ],
    };

    private static readonly Lazy<Dictionary<string, string[]>> Actual = new(() => new[] { Common, Orchestrator, Node }
        .SelectMany(a => a.GetTypes())
        .Where(t => t.Namespace?.StartsWith(Product, StringComparison.Ordinal) == true)
        .SelectMany(t => TypeReferences.Of(t).Select(r => (From: NameOf(t)!, To: NameOf(r), Where: $"{t.FullName} → {r.FullName}")))
        .Where(e => e.To is not null && e.To != e.From)
        .GroupBy(e => e.From, StringComparer.Ordinal)
        .ToDictionary(g => g.Key, g => g.Select(e => $"{e.To} ({e.Where})").ToArray(), StringComparer.Ordinal));

    [Test]
    public void Every_namespace_refers_only_to_what_stands_below_it()
    {
        string[] wrong = [.. Actual.Value.SelectMany(a => a.Value
            .Where(reference => !Allowed.GetValueOrDefault(a.Key, []).Contains(reference.Split(' ')[0], StringComparer.Ordinal))
            .Select(reference => $"{a.Key} must not know {reference}"))];
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void What_must_be_seen_is_seen()
    {
        // Else the test above would pass on an empty list.
        foreach ((string from, string to) in new[]
        {
            ("Transport", "Wire"), ("Transport", "MessagePack"), ("Tensors", "K4os"), ("Models", "TorchSharp"), ("Nodes", "Transport"), ("Hosting", "TorchSharp"),
            ("Orchestration.Training", "TorchSharp"), ("Orchestration.Scheduling", "Orchestration.Connections"), ("NodeDaemon", "Nodes"),
        })
        {
            Assert.That(Actual.Value[from].Select(r => r.Split(' ')[0]), Does.Contain(to), from);
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

    [Test]
    public void In_Hosting_only_the_library_and_the_choice_of_a_device_see_TorchSharp()
    {
        string[] types = [.. Common.GetTypes().Where(t => t.Namespace == Product + "Hosting" && TypeReferences.Of(t).Any(r => NameOf(r) == "TorchSharp")).Select(t => t.Name)];
        Assert.That(types, Is.EqualTo((string[])["ComputeDevice", "LibTorch"]));
    }

    private static string? NameOf(Type type) => type.Namespace is { } name ? NameOf(name) : null;

    private static string? NameOf(string name) =>
        name.StartsWith(Product, StringComparison.Ordinal) ? name[Product.Length..]
        : name.Split('.')[0] is ("TorchSharp" or "MessagePack" or "K4os" or "Onnx") and var package ? package
        : null;
}
