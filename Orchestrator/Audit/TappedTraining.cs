using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Security;
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
        (OrchestratorSecurity security, NodeSecurity nodeSecurity) = EphemeralCertificates.Create(IPAddress.Parse(context.Options.Host));
        RunContext secured = context with { Options = context.Options with { Security = security } };
        VirtualBatchPlanner planner = VirtualBatchPlanner.Of(secured.Options, Array.ConvertAll(partition, p => p.Length));
        var plan = new RecordingPlan(planner, steps, visits);
        var rates = new ConcurrentDictionary<int, double>();
        ParameterTrack ofFrames = NewTrack(plan, rates), ofNode = NewTrack(plan, rates), own = NewTrack(plan, rates);
        bool nodesHaveModel = secured.Setup.Exchange.Kind().NodesHaveModel;
        var recorder = new FrameRecorder(plan, nodesHaveModel ? [(ofFrames, null), (ofNode, AuditedRun.Node)] : []);
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
                options => options with { Tap = recorder.TapOf(options.NodeId), Security = nodeSecurity });
            hash = await nodes.WhileRunningAsync(
                token => TrainAsync(session, planner, plan, rates, nodesHaveModel ? null : own, progress, token), cancellationToken);
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
            OfOrchestrator = nodesHaveModel ? shown : own.Known,
            OfNode = ofNode.Known,
            Hash = hash,
            Trained = [.. planner.Epoch(1).Take(plan.StepCount).SelectMany(RecordingPlan.RowsOf)],
        };
    }

    private ParameterTrack NewTrack(RecordingPlan plan, ConcurrentDictionary<int, double> rates) =>
        new(plan, InvertedUpdate.Of(context.Options.Optimizer, context.Setup.Model.ParameterCount), rates);

    /// <summary>Trains the steps of the plan.</summary>
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
        await session.SampleCountsAsync(cancellationToken);
        int done = 0;
        foreach (VirtualBatch batch in Enumerable.Range(1, int.MaxValue).SelectMany(planner.Epoch).Take(plan.StepCount))
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
