using TorchSharp;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Audit.Attacks;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>The views of the parties of a run.</summary>
internal static class Parties
{
    /// <summary>Runs the programs of the orchestrator.</summary>
    public const string Orchestrator = "orchestrator";

    /// <summary>Runs one node, and has its data.</summary>
    public const string Node = "one node";

    /// <summary>The two of them together.</summary>
    public const string Both = "orchestrator + one node";

    /// <summary>Reads the network, where there is no TLS.</summary>
    public const string Wire = "wire";

    /// <summary>Reads the network, where there is TLS.</summary>
    public const string SecuredWire = "wire, TLS";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Orchestrator, Node, Both, Wire, SecuredWire];

    /// <summary>The views of all parties.</summary>
    public static IReadOnlyList<PartyView> Of(AuditedRun run, Truth truth, AuditContext facts)
    {
        StepId[] steps = [.. run.Batches.Select(RecordingPlan.IdOf)];
        KnownState ofOrchestrator = run.OfOrchestrator, ofNode = WithoutOwn(run.OfNode, truth, facts);
        KnownState ofBoth = ofOrchestrator.Last is null ? ofNode : WithoutOwn(ofOrchestrator, truth, facts);
        return
        [
            View(Orchestrator, run.Frames, ofOrchestrator),
            View(Node, [.. run.Frames.Where(f => f.NodeId == AuditedRun.Node)], ofNode, AuditedRun.Node),
            View(Both, run.Frames, ofBoth, AuditedRun.Node),
            View(Wire, run.Frames, run.OfFrames),
            new PartyView(SecuredWire, [], []) { Wire = run.Wire },
        ];

        PartyView View(string name, IReadOnlyList<SeenFrame> frames, KnownState known, int? own = null) =>
            new(name, steps, frames) { SummedGradients = known.Gradients, LastParameters = known.Last, OwnNode = own };
    }

    /// <summary>A node subtracts what its own rows contribute, and knows the others' sum.</summary>
    private static KnownState WithoutOwn(KnownState known, Truth truth, AuditContext facts) =>
        known with { Gradients = [.. known.Gradients.Select(g => WithoutOwn(g, truth, facts)).Where(g => g.Rows > 0)] };

    private static SummedGradient WithoutOwn(SummedGradient sum, Truth truth, AuditContext facts)
    {
        SampleRow[] own = [.. truth.RowsAt(sum.Step).Where(r => r.NodeId == AuditedRun.Node)];
        int[] others = [.. truth.RowsAt(sum.Step).Select(r => r.NodeId).Distinct().Where(n => n != AuditedRun.Node)];
        if (own.Length == 0 || facts.Setup.Model.Layers.Any(l => l.Coupling != LayerCoupling.None))
        {
            // Where a layer couples rows, a part has no gradient of its own.
            return sum;
        }

        using DisposeScope scope = NewDisposeScope();
        using var model = new KnownModel(facts.Setup, tensor(sum.Parameters));
        (Tensor inputs, Tensor labels) = truth.Gather(own);
        Tensor loss = facts.Setup.Loss.Sum(model.Model.call(Exact(inputs)), Exact(labels)).div(sum.BatchRows);
        Tensor gradient = cat([.. autograd.grad([loss], [.. model.Model.parameters()]).Select(g => g.flatten())]);
        return sum with { Gradient = tensor(sum.Gradient).sub(gradient).data<double>().ToArray(), Rows = sum.Rows - own.Length, Nodes = others };
    }
    /// <summary>Numbers in float64; tokens and classes as they are.</summary>
    private static Tensor Exact(Tensor values) => values.is_floating_point() ? values.to(ScalarType.Float64) : values;
}
