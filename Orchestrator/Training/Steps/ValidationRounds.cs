using System.Runtime.InteropServices;
using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Models.Losses;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Validates the model on the nodes' held-out samples. Nodes return sums over their rows, nothing about single rows.
/// </summary>
/// <param name="tasks">Runs tasks on nodes.</param>
/// <param name="setup">Setup shared with the nodes.</param>
/// <param name="options">Concurrency, and how lost nodes are handled.</param>
/// <param name="encoding">Encoding of outgoing indices.</param>
internal sealed class ValidationRounds(NodeTaskRunner tasks, TrainingSetup setup, SchedulerOptions options, TensorEncodingOptions encoding)
{
    /// <summary>A validator for the model's current state at each call.</summary>
    /// <param name="model">The model.</param>
    /// <param name="holdOut">The held-out samples.</param>
    /// <param name="batchRows">Rows per forward pass on a node.</param>
    public Validator Of(ModelManager model, HoldOut holdOut, int batchRows) => async (epoch, cancellationToken) =>
    {
        using EncodedTensor parameters = model.EncodeParameters(encoding);
        return await ValidateAsync(epoch, holdOut, parameters, batchRows, cancellationToken);
    };

    /// <summary>Validates a θ.</summary>
    /// <param name="epoch">The epoch that produced it.</param>
    /// <param name="holdOut">The held-out samples.</param>
    /// <param name="parameters">θ, encoded once for all nodes.</param>
    /// <param name="batchRows">Rows per forward pass on a node.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>Sums in the order of node ids, without skipped nodes. <see langword="null"/> if all nodes were
    /// skipped.</returns>
    /// <exception cref="NodeLostException">A node was lost and lost nodes are not skipped.</exception>
    /// <exception cref="TaskFailedException">A node failed the task.</exception>
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

    /// <summary>A single attempt over one connection.</summary>
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
