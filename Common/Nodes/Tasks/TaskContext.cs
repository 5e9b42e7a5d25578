using Microsoft.Extensions.Logging;
using System.Diagnostics;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>What handlers compute and reply with.</summary>
/// <param name="connection">To the orchestrator.</param>
/// <param name="processor">Computes.</param>
/// <param name="encoding">How tensors are encoded.</param>
/// <param name="log">Told of tasks.</param>
/// <param name="meter">Counts visits.</param>
internal sealed class TaskContext(Connection connection, TaskProcessor processor, TensorEncodingOptions encoding, ILogger log, NodeMeter? meter)
{
    /// <summary>Computes.</summary>
    public TaskProcessor Processor => processor;

    /// <summary>Of everything on the wire but indices.</summary>
    public ElementType Type { get; } = processor.Setup.ElementType;

    /// <summary>A visit of an epoch is counted.</summary>
    public void VisitBegun(int epoch) => meter?.VisitBegun(epoch);

    /// <summary>Computes when it is this node's turn.</summary>
    /// <param name="task">What, for people.</param>
    /// <param name="step">Of which step.</param>
    /// <param name="requestId">What is answered.</param>
    /// <param name="compute">
    /// Gives <see langword="null"/> if what it needs, the step's forward pass, is not held. It looks within the turn: θ may have changed while this node waited for it.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="absent">The answer then, where it is no forward pass that is missing.</param>
    /// <returns>The result and its microseconds; <see langword="null"/> where there is none, which has been answered.</returns>
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
        catch (Exception e) when (e is not (ProtocolException or OperationCanceledException))
        {
            log.TaskFailed(e, "the " + task);
            string text = $"the {task} failed: {e.Message}";
            failure = new TaskFailed(TaskFailureCodes.Computation, text[..Math.Min(text.Length, 1000)]);
        }

        await ReplyAsync(failure, requestId, cancellationToken);
        return default;
    }

    /// <summary>A tensor of a reply; its memory must not change before that has been sent.</summary>
    public EncodedTensor Encode(string name, HostTensor tensor) => Encode(name, tensor.Shape, tensor.Memory);

    /// <inheritdoc cref="Encode(string, HostTensor)"/>
    public EncodedTensor Encode(string name, long[] shape, Memory<byte> memory) => EncodedTensor.Encode(name, Type, shape, memory, encoding);

    /// <summary>What the node's own training has made of the model.</summary>
    public EncodedTensor[] Encode(LocalOutput output)
    {
        EncodedTensor parameters = Encode(TensorNames.Parameters, output.Parameters);
        return processor.BufferCount > 0 ? [parameters, Encode(TensorNames.Buffers, output.Buffers)] : [parameters];
    }

    /// <summary>Sends a reply without tensors.</summary>
    public Task ReplyAsync<T>(T reply, ulong requestId, CancellationToken cancellationToken)
        where T : IMessage<T> => connection.SendAsync(reply, requestId, default, null, cancellationToken);

    /// <summary>Sends a reply, and lets go of its tensors.</summary>
    public async Task ReplyAsync<T>(T reply, ulong requestId, EncodedTensor[] tensors, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        try
        {
            await connection.SendAsync(reply, requestId, tensors, encoding, cancellationToken);
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
