using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// One round trip with two replies: rows of <c>A</c> and <c>Λ</c>, then <c>∇_i θ_N</c> as soon as it is computed.
/// </summary>
internal sealed class OnePhaseVisits(TrainingSetup setup, bool allowNonFinite, TensorEncodingOptions encoding, OrchestratorLog log)
    : VisitExchange(setup, allowNonFinite, encoding, log)
{
    public override IReadOnlyList<VisitPhase> PhasesOf(TraversalStep step) => [new(AskForwardAsync)];

    public override Task ForwardAsync(TraversalStep step, MicroBatch part) => step.WaitAsync(step.Losses.Of(part));

    protected override async Task AskForwardAsync(TraversalStep step, int visit, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        VisitReply reply = NewReply(step, visit, attempt);
        ExpectedTensor[] rows = reply.ForwardRows();
        using EncodedTensor indices = EncodeIndices(reply.Visit);
        BackwardResult result = await link.RequestAsync<ForwardPass, ForwardResult, BackwardResult>(
            new ForwardPass(reply.Id, step.Batch.Rows),
            new[] { indices, step.Parameters },
            rows,
            forward => reply.Done(forward, rows),
            [ParameterGradients(step, visit)],
            cancellationToken);
        reply.Done(result);
    }
}
