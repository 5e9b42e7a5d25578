using TorchSharp;
using TraversalLearning.Messages;
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

    /// <summary>The views of all parties.</summary>
    public static IReadOnlyList<PartyView> Of(AuditedRun run, Truth truth, AuditContext facts)
    {
        StepId[] steps = [.. run.Batches.Select(RecordingPlan.IdOf)];
        SummedGradient[] gradients = [.. run.OfAll.Gradients];
        SummedGradient[] others = WithoutOwn(gradients, truth, facts);
        bool areParametersSent = run.OfNode.Last is not null;
        return
        [
            new PartyView(Orchestrator, steps, run.Frames) { SummedGradients = gradients, LastParameters = run.OfAll.Last },
            new PartyView(Node, steps, [.. run.Frames.Where(f => f.NodeId == AuditedRun.Node)])
            {
                OwnNode = AuditedRun.Node, SummedGradients = WithoutOwn(run.OfNode.Gradients, truth, facts), LastParameters = run.OfNode.Last,
            },
            new PartyView(Both, steps, run.Frames) { OwnNode = AuditedRun.Node, SummedGradients = others, LastParameters = run.OfAll.Last },
            new PartyView(Wire, steps, run.Frames)
            {
                SummedGradients = areParametersSent ? gradients : [], LastParameters = areParametersSent ? run.OfAll.Last : null,
            },
            new PartyView(SecuredWire, [], []) { Wire = run.Wire },
        ];
    }

    /// <summary>A node subtracts what its own rows contribute, and knows the others' sum.</summary>
    private static SummedGradient[] WithoutOwn(IReadOnlyList<SummedGradient> gradients, Truth truth, AuditContext facts) =>
        [.. gradients.Select(g => WithoutOwn(g, truth, facts)).Where(g => g.Rows > 0)];

    private static SummedGradient WithoutOwn(SummedGradient sum, Truth truth, AuditContext facts)
    {
        SampleRow[] own = [.. truth.RowsAt(sum.Step).Where(r => r.NodeId == AuditedRun.Node)];
        int[] others = [.. truth.RowsAt(sum.Step).Select(r => r.NodeId).Distinct().Where(n => n != AuditedRun.Node)];
        if (own.Length == 0)
        {
            return sum;
        }

        using DisposeScope scope = NewDisposeScope();
        using var model = new KnownModel(facts.Setup, tensor(sum.Parameters));
        (Tensor inputs, Tensor labels) = truth.Gather(own);
        Tensor loss = facts.Setup.Loss.Sum(model.Model.call(inputs.is_floating_point() ? inputs.to(ScalarType.Float64) : inputs), labels).div(sum.BatchRows);
        Tensor gradient = cat([.. autograd.grad([loss], [.. model.Model.parameters()]).Select(g => g.flatten())]);
        return sum with { Gradient = tensor(sum.Gradient).sub(gradient).data<double>().ToArray(), Rows = sum.Rows - own.Length, Nodes = others };
    }
}
