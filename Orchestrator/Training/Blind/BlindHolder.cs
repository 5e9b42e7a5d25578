using TraversalLearning.Models.Losses;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Scoring;
using TraversalLearning.Orchestration.Training.Sessions;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>The nodes hold the model: the orchestrator has it sealed, and evaluations as sums over nodes.</summary>
/// <param name="group">The nodes.</param>
/// <param name="model">The model at the run's start, and the schedule.</param>
/// <param name="options">The run's options.</param>
/// <param name="testRows">Test samples of nodes 1 to N, once they have said.</param>
/// <param name="heldOutRows">Held-out samples of nodes 1 to N.</param>
internal sealed class BlindHolder(BlindGroup group, ModelManager model, RunOptions options, Func<CancellationToken, Task<int[]>> testRows, int[] heldOutRows)
    : ModelHolder(model, test: null, validate: null)
{
    private const int BatchRows = 250;

    private int[] _testRows = [];

    public override string BestName => "best.sealed";

    public override BlindFacts? Blind => new(group.Run, group.KeysAreSigned ? BlindFacts.Malicious : BlindFacts.CuriousOnly);

    public override async Task BeginAsync(string? checkpoint, int epochs, IReadOnlyList<(string Name, Tensor Tensor)>? state, CancellationToken cancellationToken)
    {
        await group.BeginAsync(checkpoint is null ? null : SealedModel.Read(Path.Combine(checkpoint, SealedModel.FileName)), cancellationToken);
        if (options.RevealModel == RevealModel.End)
        {
            group.RequireConsents();
        }

        _testRows = await testRows(cancellationToken);
        for (int i = 0; i < epochs; i++)
        {
            Model.EndEpoch();
        }
    }

    public override async Task<(Evaluation? Evaluation, Validation? Validation)> EvaluateAsync(int epoch, CancellationToken cancellationToken)
    {
        int count = EvaluationFigures.Count(options.Loss, Model.Setup.Model);
        long[]? test = await group.EvaluateAsync(epoch, heldOut: false, _testRows, count, BatchRows, options.MinNodesPerBatch, cancellationToken);
        long[]? heldOut = heldOutRows.Sum() == 0
            ? null
            : await group.EvaluateAsync(epoch, heldOut: true, heldOutRows, count, options.BatchSize, options.MinNodesPerBatch, cancellationToken);
        return (
            test is null ? null : SummedScores.Evaluate(test, options.Loss, Model.Setup.Model, Model.Setup.Preparation?.Target),
            heldOut is null
                ? null
                : new Validation(FixedPoint.Value(heldOut[EvaluationFigures.Loss]), heldOut[EvaluationFigures.Hits], heldOut[EvaluationFigures.Rows])
                {
                    HasClasses = options.Loss.Outputs != OutputMeaning.Numbers,
                });
    }

    public override async Task SaveAsync(string folder, IReadOnlyList<(string Name, Tensor Tensor)>? state, CancellationToken cancellationToken) =>
        (await group.SealAsync(cancellationToken)).Write(Path.Combine(folder, SealedModel.FileName));

    public override async Task SaveBestAsync(string path, CancellationToken cancellationToken) => (await group.SealAsync(cancellationToken)).Write(path);

    public override Task RestoreBestAsync(string path, CancellationToken cancellationToken) => group.RestoreAsync(SealedModel.Read(path), cancellationToken);

    /// <summary>Every node writes the model; the orchestrator gets it where it is to and every node has consented.</summary>
    public override async Task<bool> EndAsync(CancellationToken cancellationToken)
    {
        bool reveals = options.RevealModel == RevealModel.End;

        // Not into the model's own memory: a node that comes back now is still told the θ of the start.
        byte[] revealed = new byte[reveals ? Model.Parameters.ValueBytes.Length : 0];
        await group.FinishAsync(revealed, Model.Setup.ElementType, cancellationToken);
        if (reveals)
        {
            revealed.CopyTo(Model.Parameters.ValueBytes);
            Model.Parameters.ValuesFromHost();
        }

        return reveals;
    }
}
