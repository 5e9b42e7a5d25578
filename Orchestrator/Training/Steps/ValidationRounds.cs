using System.Runtime.InteropServices;
using TraversalLearning.Messages;
using TraversalLearning.Models.Losses;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Has nodes say how the model does on the samples that they keep out of training: sums over their rows, and nothing of a single one.</summary>
/// <param name="tasks">Has them do it.</param>
/// <param name="setup">What the nodes know of the run.</param>
/// <param name="options">How many at once, and what becomes of a lost one.</param>
/// <param name="encoding">How indices go out.</param>
internal sealed class ValidationRounds(NodeTaskRunner tasks, TrainingSetup setup, SchedulerOptions options, TensorEncodingOptions encoding)
{
    /// <summary>Validates a θ.</summary>
    /// <param name="epoch">Behind which it is.</param>
    /// <param name="holdOut">Which samples.</param>
    /// <param name="parameters">θ, encoded once for all nodes.</param>
    /// <param name="batchRows">Rows that a node computes at once.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Summed in the order of the node ids; without nodes that were lost, where such are skipped. <see langword="null"/> if all were.</returns>
    /// <exception cref="NodeLostException">A node was lost, where it is not skipped.</exception>
    /// <exception cref="TaskFailedException">A node could not do it.</exception>
    public async Task<Validation?> ValidateAsync(
        int epoch, HoldOut holdOut, EncodedTensor parameters, int batchRows, CancellationToken cancellationToken)
    {
        var results = new ValidationResult?[holdOut.Validation.Length];
        using var places = new SemaphoreSlim(options.NodesAtOnce(setup));
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Exception? failure = null;
        await Task.WhenAll(Enumerable.Range(1, results.Length).Where(node => holdOut.Validation[node - 1].Length > 0).Select(ValidateOneAsync));
        await NodeTaskRunner.LeaveReceivingLoopAsync();
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        var sum = new Validation { HasClasses = setup.Loss.Outputs != OutputMeaning.Numbers };
        for (int node = 0; node < results.Length; node++)
        {
            if (results[node] is { } result)
            {
                sum = sum.With(node + 1, result.LossSum, result.Hits, holdOut.Validation[node].Length);
            }
        }

        return sum.Rows > 0 ? sum : null;

        async Task ValidateOneAsync(int node)
        {
            try
            {
                await places.WaitAsync(others.Token);
                await tasks.RunAsync(
                    node,
                    options.OnNodeLoss,
                    round: null,
                    async (link, attempt, deadline) => results[node - 1] = await AskAsync(
                        new ValidationPass(new StepId(epoch, 0, attempt), batchRows), link, holdOut.Validation[node - 1], parameters, deadline),
                    others.Token);
                places.Release();
            }
            catch (NodeLostException) when (options.OnNodeLoss == OnNodeLoss.Skip)
            {
                places.Release();
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                await others.CancelAsync();
            }
        }
    }

    /// <summary>One try, over one connection.</summary>
    private async Task<ValidationResult> AskAsync(
        ValidationPass request, NodeLink link, int[] rows, EncodedTensor parameters, CancellationToken cancellationToken)
    {
        using EncodedTensor indices = EncodedTensor.Encode(
            TensorNames.Indices, ElementType.Int32, [rows.Length], MemoryMarshal.AsBytes<int>(rows).ToArray(), encoding);
        ValidationResult result = await link.RequestAsync<ValidationPass, ValidationResult>(
            request, new[] { indices, parameters }, [], cancellationToken);
        if (result.Step != request.Step || result.Hits > rows.Length)
        {
            throw new ConnectionLostException($"node {link.NodeId} answered {request.Step} with {result.Step} and {result.Hits} hits of {rows.Length} rows");
        }

        return result;
    }
}
