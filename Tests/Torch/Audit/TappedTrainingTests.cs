using TorchSharp;
using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Audit;
using TraversalLearning.Orchestration.Audit.Attacks;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Audit;

/// <summary>What a tap records of a run, and that each party's view holds what the party saw and nothing else.</summary>
internal sealed class TappedTrainingTests
{
    // 60 samples in batches of 8: the eight steps of an epoch, since one more is trained than audited.
    private static readonly int[] Steps = [0, 6];

    [Test]
    public async Task A_tap_changes_no_result([Values] Exchange exchange)
    {
        AuditedRun tapped = await TrainAsync(new ClusterOptions { Exchange = exchange }, visits: 1);
        Assert.That(tapped.Hash, Is.EqualTo((await TestCluster.RunAsync(new ClusterOptions { Exchange = exchange })).Hash));
    }

    [Test]
    public async Task Frames_of_the_audited_steps_are_those_of_the_protocol()
    {
        AuditedRun run = await TrainAsync(new ClusterOptions());
        Assert.That(run.Batches.Select(b => b.Index), Is.EqualTo(Steps));
        Assert.That(run.Frames.Select(f => f.Step).Distinct(), Is.EquivalentTo(run.Batches.Select(RecordingPlan.IdOf)));
        var view = new PartyView("everybody", [.. run.Batches.Select(RecordingPlan.IdOf)], run.Frames);
        using DisposeScope scope = NewDisposeScope();
        foreach (VirtualBatch batch in run.Batches)
        {
            IReadOnlyList<SeenVisit> visits = view.VisitsAt(RecordingPlan.IdOf(batch));
            Assert.That(visits.SelectMany(v => v.Rows), Is.EqualTo(RecordingPlan.RowsOf(batch)));
            Assert.That(visits.Select(v => v.BatchRows), Has.All.EqualTo(8));
            foreach (SeenVisit visit in visits)
            {
                Assert.That(visit.Activations!.shape, Is.EqualTo((long[])[visit.Rows.Count, 24]));
                Assert.That(visit.LogitGradients!.shape, Is.EqualTo((long[])[visit.Rows.Count, 10]));
                Assert.That(visit.ActivationGradients!.shape, Is.EqualTo((long[])[visit.Rows.Count, 24]));
                Assert.That(visit.ParameterGradients!.shape, Is.EqualTo((long[])[(64 * 24) + 24]));
            }
        }
    }

    [Test]
    public async Task Later_visits_of_some_samples_show_activations_and_parameters_only()
    {
        AuditedRun run = await TrainAsync(new ClusterOptions(), visits: 3);
        SeenFrame[] later = [.. run.Frames.Where(f => f.Step.Epoch > 1)];
        Assert.That(later.SelectMany(f => f.Tensors).Select(t => t.Name).Distinct(StringComparer.Ordinal), Is.EquivalentTo((string[])[TensorNames.Indices, TensorNames.Parameters, TensorNames.Activations]));
        using DisposeScope scope = NewDisposeScope();
        IEnumerable<int> visits = new PartyView("everybody", [], run.Frames).AllVisits.SelectMany(v => v.Rows).CountBy(r => r).Select(c => c.Value);
        Assert.That(visits.Count(v => v == 3), Is.AtLeast(ActivationsOverEpochs.Samples));
    }

    [Test]
    public async Task Two_parameters_show_the_gradient_between_them([Values] Exchange exchange)
    {
        var options = new ClusterOptions { Exchange = exchange, Type = ElementType.Float64 };
        AuditedRun run = await TrainAsync(options);
        using PooledSamples pooled = Pool(options);
        var truth = new Truth(pooled, run.Batches);
        using DisposeScope scope = NewDisposeScope();
        KnownState known = exchange.Kind().IsBlind ? run.OfNode : run.OfOrchestrator;
        Assert.That(known.Gradients.Select(g => g.Step), Is.EqualTo(run.Batches.Select(RecordingPlan.IdOf)));
        foreach (SummedGradient sum in known.Gradients)
        {
            using var model = new KnownModel(options.NewContext().Setup, tensor(sum.Parameters));
            (Tensor inputs, Tensor labels) = truth.Gather(truth.RowsAt(sum.Step));
            Tensor loss = options.Loss.Sum(model.Model.call(inputs), labels).div(sum.BatchRows);
            Tensor expected = cat([.. autograd.grad([loss], [.. model.Model.parameters()]).Select(g => g.flatten())]);
            Assert.That(tensor(sum.Gradient).sub(expected).abs().max().ToDouble(), Is.LessThan(1e-8 * expected.abs().max().ToDouble()));
        }
    }

    [Test]
    public async Task A_party_has_what_it_saw_and_nothing_else([Values] Exchange exchange)
    {
        var options = new ClusterOptions { Exchange = exchange };
        AuditedRun run = await TrainAsync(options);
        using PooledSamples pooled = Pool(options);
        RunContext context = options.NewContext();
        var facts = new AuditContext(context.Setup, options.Optimizer, options.BatchSize, options.Seed);
        Dictionary<string, PartyView> views = Parties.Of(run, new Truth(pooled, run.Batches), facts).ToDictionary(v => v.Name, StringComparer.Ordinal);
        bool hasModel = exchange.Kind().NodesHaveModel;
        bool isSent = hasModel && !exchange.Kind().IsBlind;

        PartyView node = views[Parties.Node];
        Assert.That(node.Frames.Select(f => f.NodeId), Is.Not.Empty.And.All.EqualTo(AuditedRun.Node));
        Assert.That(node.SummedGradients, hasModel ? Is.Not.Empty : Is.Empty);
        Assert.That(node.SummedGradients.SelectMany(g => g.Nodes), Has.None.EqualTo(AuditedRun.Node), "its own rows are subtracted");
        Assert.That(node.LastParameters, hasModel ? Is.Not.Null : Is.Null);

        PartyView wire = views[Parties.Wire];
        Assert.That(wire.Frames, Is.EqualTo(views[Parties.Orchestrator].Frames));
        Assert.That(wire.LastParameters, isSent ? Is.Not.Null : Is.Null, "with a relay, f_O never leaves the orchestrator; a blind θ no node");
        Assert.That(views[Parties.Orchestrator].SummedGradients, Has.Count.EqualTo(exchange.Kind().IsBlind ? 0 : 2));
        Assert.That(views[Parties.Both].SummedGradients.Select(g => g.Rows), Has.All.LessThan(8));

        PartyView secured = views[Parties.SecuredWire];
        Assert.That((secured.Frames, secured.Steps, secured.SummedGradients), Is.EqualTo((Array.Empty<SeenFrame>(), Array.Empty<StepId>(), Array.Empty<SummedGradient>())));
        Assert.That(secured.Wire.Length, Is.GreaterThan(4096));
        Assert.That(Noise.PValue(secured.Wire.Span), Is.GreaterThan(1e-6), "ciphertext");
        byte[] activations = run.Frames.First(f => f.NodeId == AuditedRun.Node && !f.ToNode).Tensors[0].Bytes;
        Assert.That(secured.Wire.Span.IndexOf(activations.AsSpan(0, 16)), Is.Negative, "nothing of a frame is in it");
    }

    [Test]
    public async Task An_optimizer_without_an_inverse_shows_no_gradient()
    {
        AuditedRun run = await TrainAsync(new ClusterOptions { Optimizer = new(OptimizerKind.Adam) });
        Assert.That(run.OfOrchestrator.Gradients, Is.Empty);
        Assert.That(run.OfOrchestrator.Last, Is.Not.Null);
    }

    private static Task<AuditedRun> TrainAsync(ClusterOptions options, int visits = 0)
    {
        RunContext context = options.NewContext();
        context = context with { Options = context.Options with { RevealModel = RevealModel.Never } };
        return new TappedTraining(context, options.EffectiveImages, options.EffectivePartition).RunAsync(Steps, visits, progress: null, CancellationToken.None);
    }

    private static PooledSamples Pool(ClusterOptions options)
    {
        RunContext context = options.NewContext();
        return new PooledSamples(options.EffectiveImages, options.EffectivePartition, context.Setup, context.Device);
    }
}
