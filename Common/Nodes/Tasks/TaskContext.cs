using Microsoft.Extensions.Logging;
using System.Diagnostics;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>What task handlers share to compute and reply.</summary>
/// <param name="connection">Connection to the orchestrator.</param>
/// <param name="processor">Computes the tasks.</param>
/// <param name="encoding">How tensors are encoded.</param>
/// <param name="log">The log.</param>
/// <param name="meter">Counts visits.</param>
internal sealed class TaskContext(Connection connection, TaskProcessor processor, TensorEncodingOptions encoding, ILogger log, NodeMeter? meter)
{
    /// <summary>Computes the tasks.</summary>
    public TaskProcessor Processor => processor;

    /// <summary>Element type of all tensors on the wire except indices.</summary>
    public ElementType Type { get; } = processor.Setup.ElementType;

    /// <summary>Counts a visit of an epoch.</summary>
    public void VisitBegun(int epoch) => meter?.VisitBegun(epoch);

    /// <summary>Computes while holding the compute unit.</summary>
    /// <param name="task">The task's name, for the log.</param>
    /// <param name="step">The step.</param>
    /// <param name="requestId">The request to answer.</param>
    /// <param name="compute">
    /// Returns <see langword="null"/> if its input, the step's forward pass, is not held. It checks while holding the unit: θ may
    /// have changed during the wait.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <param name="absent">The reply for missing input other than a forward pass.</param>
    /// <returns>The result and its time in microseconds; <see langword="null"/> if input was missing and the reply has been sent.</returns>
    public async Task<(T? Result, int Microseconds)> ComputeAsync<T>(
        string task, StepId step, ulong requestId, Func<T?> compute, CancellationToken cancellationToken, TaskFailed? absent = null)
        where T : class
    {
        TaskFailed failure;
        try
        {
            using ComputeUnit.Turn turn = await processor.EnterAsync(cancellationToken);
            long start = Stopwatch.GetTimestamp();
            if (compute() is { } result)
            {
                TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
                log.TaskDone(task, elapsed);
                return (result, (int)Math.Min(elapsed.TotalMicroseconds, int.MaxValue));
            }

            failure = absent ?? new TaskFailed(TaskFailureCodes.NoForward, $"no forward pass of {step} is held");
        }
        catch (TaskRefusedException e)
        {
            log.TaskRefused(task, e.Message);
            failure = new TaskFailed(e.Code, e.Message) { Unfit = e.Unfit };
        }
        catch (Exception e) when (e is not (ProtocolException or OperationCanceledException or PolicyException))
        {
            log.TaskFailed(e, "the " + task);
            string text = $"the {task} failed: {e.Message}";
            failure = new TaskFailed(TaskFailureCodes.Computation, text[..Math.Min(text.Length, 1000)]);
        }

        await ReplyAsync(failure, requestId, cancellationToken);
        return default;
    }

    /// <summary>Encodes a tensor of a reply; its memory must not change until it has been sent.</summary>
    public EncodedTensor Encode(string name, HostTensor tensor) => Encode(name, tensor.Shape, tensor.Memory);

    /// <inheritdoc cref="Encode(string, HostTensor)"/>
    public EncodedTensor Encode(string name, long[] shape, Memory<byte> memory) => Encode(name, Type, shape, memory);

    /// <summary>Encodes a tensor of another element type.</summary>
    public EncodedTensor Encode(string name, ElementType type, long[] shape, Memory<byte> memory) => EncodedTensor.Encode(name, type, shape, memory, encoding);

    /// <summary>Encodes the result of local training.</summary>
    public EncodedTensor[] Encode(LocalOutput output)
    {
        EncodedTensor parameters = Encode(TensorNames.Parameters, output.Parameters);
        return processor.BufferCount > 0 ? [parameters, Encode(TensorNames.Buffers, output.Buffers)] : [parameters];
    }

    /// <summary>Sends a loss with Λ, and disposes it; without one, the failure has been sent already.</summary>
    public async Task ReplyLossAsync(LossOutput? output, StepId step, ulong requestId, int elapsed, CancellationToken cancellationToken)
    {
        if (output is null)
        {
            return;
        }

        using (output)
        {
            await ReplyAsync(
                new LossResult(step, output.LossSum, output.Hits, elapsed),
                requestId,
                [Encode(TensorNames.LogitGradients, output.LogitGradients)],
                output.LogitGradients.Shape[0],
                cancellationToken);
        }
    }

    /// <summary>Sends a reply without tensors that was not computed from samples.</summary>
    public Task ReplyAsync<T>(T reply, ulong requestId, CancellationToken cancellationToken)
        where T : IMessage<T> => connection.SendAsync(reply, requestId, default, null, cancellationToken);

    /// <summary>Sends a reply and disposes its tensors.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="requestId">The request that it answers.</param>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="rows">Samples behind it, as in <see cref="OutgoingFrame"/>.</param>
    /// <param name="cancellationToken">Cancels the send.</param>
    public async Task ReplyAsync<T>(T reply, ulong requestId, EncodedTensor[] tensors, long rows, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        try
        {
            await connection.SendAsync(reply, requestId, tensors, encoding, rows, cancellationToken);
        }
        finally
        {
            foreach (EncodedTensor tensor in tensors)
            {
                tensor.Dispose();
            }
        }
    }
}
