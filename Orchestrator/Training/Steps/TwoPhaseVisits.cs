using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Two round trips: rows of <c>A</c> and <c>Λ</c>; then <c>∇_i θ_N</c> in return for the node's rows of <c>G</c>.
/// </summary>
internal sealed class TwoPhaseVisits(TrainingSetup setup, bool allowNonFinite, TensorEncodingOptions encoding, OrchestratorLog log)
    : VisitExchange(setup, allowNonFinite, encoding, log)
{
    public override IReadOnlyList<VisitPhase> PhasesOf(TraversalStep step) => [new(AskForwardAsync), new(AskBackwardAsync, step.ActivationGradients)];

    public override Task ForwardAsync(TraversalStep step, MicroBatch part) => step.WaitAsync(step.Losses.Of(part));

    protected override async Task AskForwardAsync(TraversalStep step, int visit, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        VisitReply reply = NewReply(step, visit, attempt);
        ExpectedTensor[] rows = reply.ForwardRows();
        using EncodedTensor indices = EncodeIndices(reply.Visit);
        ForwardResult result = await link.RequestAsync<ForwardPass, ForwardResult>(
            new ForwardPass(reply.Id, step.Batch.Rows), new[] { indices, step.Parameters }, rows, cancellationToken);
        reply.Done(result, rows);
    }
}
