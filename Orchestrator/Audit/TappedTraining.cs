using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>Trains in this process, over TLS on loopback, with a tap at every node.</summary>
/// <param name="context">The run.</param>
/// <param name="samples">The training samples of all nodes.</param>
/// <param name="partition">Sample indices of each node.</param>
internal sealed class TappedTraining(RunContext context, SampleSet samples, int[][] partition)
{
    /// <summary>Trains and records.</summary>
    /// <param name="steps">The audited steps, from 0.</param>
    /// <param name="visits">How often some samples are to be visited.</param>
    /// <param name="progress">Called after every step with its number and that of all steps.</param>
    /// <param name="cancellationToken">Cancels training.</param>
    public async Task<AuditedRun> RunAsync(IReadOnlyList<int> steps, int visits, Action<int, int>? progress, CancellationToken cancellationToken)
    {
        using var certificates = new EphemeralCertificates();
        RunContext secured = context with { Options = context.Options with { Security = certificates.Orchestrator(IPAddress.Parse(context.Options.Host)) } };
        ExchangeKind kind = secured.Setup.Exchange.Kind();
        VirtualBatchPlanner planner = RunBatches.Of(secured.Options, Array.ConvertAll(partition, p => p.Length));
        var plan = new RecordingPlan(planner, steps, visits);
        var rates = new ConcurrentDictionary<int, double>();
        ParameterTrack ofFrames = NewTrack(plan, rates), ofNode = NewTrack(plan, rates), own = NewTrack(plan, rates);
        var recorder = new FrameRecorder(plan, kind.NodesHaveModel ? [(ofFrames, null), (ofNode, AuditedRun.Node)] : []);
        NodeTrack? blind = null;
        string hash;
        try
        {
            await using var session = new TrainingSession(secured, new OrchestratorLog(Logging.Logger("orchestrator")));
            await using var nodes = new LocalNodes(
                session.Endpoint,
                samples,
                partition,
                secured.Setup.Model.ClassCount,
                secured.Device,
                secured.Options.NewEncoding,
                options => options with { Tap = recorder.TapOf(options.NodeId), Security = certificates.Node(options.NodeId) });
            hash = await nodes.WhileRunningAsync(
                async token =>
                {
                    int[] counts = await session.SampleCountsAsync(token);
                    if (!kind.IsBlind)
                    {
                        return await TrainAsync(session, planner, plan, rates, kind.NodesHaveModel ? null : own, progress, token);
                    }

                    BlindMethod method = BlindTraining.Create(session.Parts, counts);
                    await method.Holder.BeginAsync(checkpoint: null, epochs: 0, state: null, token);
                    blind = new NodeTrack(nodes.ReplicaOf(AuditedRun.Node)!, planner, plan);
                    return await TrainAsync(method, nodes, planner, plan, progress, token);
                },
                cancellationToken);
            await session.FinishAsync("audited");
        }
        finally
        {
            await recorder.CompleteAsync();
        }

        KnownState shown = ofFrames.Known;
        return new AuditedRun(secured.Setup.Exchange, plan.Batches, recorder.Frames, recorder.Wire)
        {
            OfFrames = shown,
            OfOrchestrator = kind.NodesHaveModel ? shown : own.Known,
            OfNode = blind?.Known ?? ofNode.Known,
            Hash = hash,
            Trained = [.. planner.Epoch(1).Take(plan.StepCount).SelectMany(RecordingPlan.RowsOf)],
        };
    }

    private static IEnumerable<VirtualBatch> BatchesOf(VirtualBatchPlanner planner, RecordingPlan plan) =>
        Enumerable.Range(1, int.MaxValue).SelectMany(planner.Epoch).Take(plan.StepCount);

    /// <summary>Trains the steps of the plan on the nodes, as the blind exchange does.</summary>
    private static async Task<string> TrainAsync(
        BlindMethod method, LocalNodes nodes, VirtualBatchPlanner planner, RecordingPlan plan, Action<int, int>? progress, CancellationToken cancellationToken)
    {
        int done = 0;
        foreach (VirtualBatch batch in BatchesOf(planner, plan))
        {
            await method.RunAsync(new Round(batch.Epoch, batch.Index), cancellationToken);
            progress?.Invoke(++done, plan.StepCount);
        }

        await method.Group.FlushAsync(cancellationToken);
        return nodes.ReplicaOf(AuditedRun.Node)!.Parameters.Sha256();
    }

    private ParameterTrack NewTrack(RecordingPlan plan, ConcurrentDictionary<int, double> rates) =>
        new(plan, InvertedUpdate.Of(context.Options.Optimizer, context.Setup.Model.ParameterCount), rates);

    /// <summary>Trains the steps of the plan on the orchestrator.</summary>
    /// <param name="session">The session.</param>
    /// <param name="planner">Plans the batches.</param>
    /// <param name="plan">Says how many.</param>
    /// <param name="rates">Gets the learning rate of each epoch.</param>
    /// <param name="own">Gets the θ that the orchestrator itself has, where no message carries all of it.</param>
    /// <param name="progress">Called after every step.</param>
    /// <param name="cancellationToken">Cancels training.</param>
    private static async Task<string> TrainAsync(
        TrainingSession session,
        VirtualBatchPlanner planner,
        RecordingPlan plan,
        ConcurrentDictionary<int, double> rates,
        ParameterTrack? own,
        Action<int, int>? progress,
        CancellationToken cancellationToken)
    {
        int done = 0;
        foreach (VirtualBatch batch in BatchesOf(planner, plan))
        {
            if (batch is { Index: 0, Epoch: > 1 })
            {
                session.Model.EndEpoch();
            }

            rates[batch.Epoch] = session.Model.LearningRate;
            own?.See(RecordingPlan.IdOf(batch), batch.Rows, ValuesOf(session));
            await session.Parts.Gradients.ComputeAsync(batch, cancellationToken);
            session.Model.Update();
            progress?.Invoke(++done, plan.StepCount);
        }

        return session.Model.Parameters.Sha256();
    }

    private static double[] ValuesOf(TrainingSession session)
    {
        session.Model.Parameters.ValuesToHost();
        ReadOnlySpan<byte> bytes = session.Model.Parameters.ValueBytes.Span;
        return session.Model.Setup.ElementType == ElementType.Float64
            ? MemoryMarshal.Cast<byte, double>(bytes).ToArray()
            : Array.ConvertAll(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), v => (double)v);
    }
}
