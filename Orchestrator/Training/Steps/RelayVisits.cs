using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Three round trips, for nodes without <c>f_O</c>: rows of <c>A</c>; then rows of <c>Λ</c> in return for the node's
/// rows of <c>Z</c>; then <c>∇_i θ_N</c> in return for its rows of <c>G</c>.
/// </summary>
internal sealed class RelayVisits(TrainingSetup setup, bool allowNonFinite, TensorEncodingOptions encoding, OrchestratorLog log)
    : VisitExchange(setup, allowNonFinite, encoding, log)
{
    public override IReadOnlyList<VisitPhase> PhasesOf(TraversalStep step) =>
        [new(AskForwardAsync), new(AskLossAsync, step.Logits), new(AskBackwardAsync, step.ActivationGradients)];

    public override Task ForwardAsync(TraversalStep step, MicroBatch part) => step.WaitAsync(step.Activations.Of(part));

    public override Task LossAsync(TraversalStep step, MicroBatch part, CentralPass pass)
    {
        HostTensor logits = pass.LogitsOnHost();
        step.Clock.Lap(StepPart.OrchestratorCompute);
        step.Logits.Offer(part, logits);
        return step.WaitAsync(step.Losses.Of(part));
    }

    protected override async Task AskForwardAsync(TraversalStep step, int visit, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        VisitReply reply = NewReply(step, visit, attempt);
        ExpectedTensor[] rows = [reply.Activations(known: step.Activations.Has(visit))];
        using EncodedTensor indices = EncodeIndices(reply.Visit);
        ActivationResult result = await link.RequestAsync<ForwardPass, ActivationResult>(
            new ForwardPass(reply.Id, step.Batch.Rows), new[] { indices, step.Parameters }, rows, cancellationToken);
        reply.Done(result, rows);
    }

    private async Task AskLossAsync(TraversalStep step, int visit, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        VisitReply reply = NewReply(step, visit, attempt);
        ExpectedTensor[] rows = [reply.LogitGradients(known: step.Losses.Has(visit))];
        using EncodedTensor logits = await EncodeRowsAsync(TensorNames.Logits, step.Logits, step, visit);
        LossResult result = await WithForwardAsync(
            () => link.RequestAsync<LossPass, LossResult>(new LossPass(reply.Id), new[] { logits }, rows, cancellationToken),
            step, visit, link, attempt, cancellationToken);
        reply.Done(WorkKind.Loss, result, rows);
    }
}
