using System.Runtime.InteropServices;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>
/// The message exchange of one attempt at a turn over one connection, with validation of the replies. An invalid reply
/// ends the connection, and the turn is retried from its start.
/// </summary>
/// <param name="turn">The turn; its step includes the attempt.</param>
/// <param name="link">The connection.</param>
/// <param name="deadline">Deadline of a single request.</param>
/// <param name="activations">Receives <c>A</c>: <c>[B, …]</c>.</param>
/// <param name="logitGradients">Receives <c>Λ</c>: <c>[B, C]</c>.</param>
/// <param name="encoding">Encoding of outgoing tensors.</param>
/// <param name="clock">Records where the time goes.</param>
/// <param name="allowNonFinite">Whether NaN and infinity are accepted.</param>
internal sealed class TurnDialog(
    Turn turn,
    NodeLink link,
    TaskDeadline deadline,
    HostTensor activations,
    HostTensor logitGradients,
    TensorEncodingOptions encoding,
    StepClock clock,
    bool allowNonFinite)
{
    private long _computeMicroseconds;

    /// <summary>Sum of the loss over completed batches.</summary>
    public double LossSum { get; private set; }

    /// <summary>Hits in completed batches.</summary>
    public long Hits { get; private set; }

    /// <summary>Compute time as reported by the node.</summary>
    public int ComputeMicroseconds => (int)Math.Min(_computeMicroseconds, int.MaxValue);

    /// <summary>Sends θ_N to the node.</summary>
    public async Task StartAsync(EncodedHalf first)
    {
        var request = new TurnStart(turn.Step, WireSeed.Write(turn.Seed), turn.Optimizer);
        TurnAck ack = await AskAsync<TurnStart, TurnAck>(request, first.Tensors, []);
        Check(turn.Step, ack.Step, ack.ComputeMicroseconds);
    }

    /// <summary>Requests a batch's <c>A = f_N(X)</c> from the node.</summary>
    /// <returns>Holds it in its first rows, until the next batch.</returns>
    public async Task<HostTensor> ForwardAsync(int batch)
    {
        StepId step = StepOf(batch);
        using EncodedTensor indices = EncodeIndices(turn.Batches[batch]);
        ExpectedTensor[] expected = [Rows(TensorNames.Activations, activations, batch)];
        ActivationResult result = await AskAsync<TurnForward, ActivationResult>(new TurnForward(step), new[] { indices }, expected);
        Check(step, result.Step, result.ComputeMicroseconds);
        RequireFinite(step, expected);
        return activations;
    }

    /// <summary>Sends <c>Z</c> to the node, which holds the labels, and receives <c>Λ</c>.</summary>
    /// <returns>Holds it in its first rows, until the next batch.</returns>
    public async Task<HostTensor> LossAsync(int batch, HostTensor logits)
    {
        StepId step = StepOf(batch);
        using EncodedTensor encoded = Encode(TensorNames.Logits, logits);
        ExpectedTensor[] expected = [Rows(TensorNames.LogitGradients, logitGradients, batch)];
        LossResult result = await AskAsync<LossPass, LossResult>(new LossPass(step), new[] { encoded }, expected);
        Check(step, result.Step, result.ComputeMicroseconds);
        if (result.Hits > turn.Batches[batch].Length)
        {
            throw new ConnectionLostException($"node {link.NodeId} answered {step} with {result.Hits} hits of {turn.Batches[batch].Length} rows");
        }

        RequireFinite(step, expected, result.LossSum);
        LossSum += result.LossSum;
        Hits += result.Hits;
        return logitGradients;
    }

    /// <summary>Sends <c>G</c> to the node, which takes its step on θ_N.</summary>
    public async Task BackwardAsync(int batch, HostTensor activationGradients)
    {
        StepId step = StepOf(batch);
        using EncodedTensor encoded = Encode(TensorNames.ActivationGradients, activationGradients);
        TurnAck ack = await AskAsync<TurnBackward, TurnAck>(new TurnBackward(step), new[] { encoded }, []);
        Check(step, ack.Step, ack.ComputeMicroseconds);
    }

    /// <summary>Receives the turn's θ_N from the node into the front of an update.</summary>
    public async Task EndAsync(LocalUpdate update, HalfSizes sizes)
    {
        StepId step = StepOf(turn.Batches.Count);
        var parameters = new ExpectedTensor(
            TensorNames.Parameters, update.Parameters.Type, [sizes.FirstParameters], update.Parameters.Memory[..sizes.FirstBytes]);
        ExpectedTensor[] expected = sizes.FirstBuffers == 0
            ? [parameters]
            : [parameters, new ExpectedTensor(TensorNames.Buffers, update.Buffers.Type, [sizes.FirstBuffers], update.Buffers.Memory[..sizes.FirstBufferBytes])];
        TurnResult result = await AskAsync<TurnEnd, TurnResult>(new TurnEnd(step), default, expected);
        Check(step, result.Step, result.ComputeMicroseconds);
        RequireFinite(step, expected);
    }

    private async Task<TReply> AskAsync<TRequest, TReply>(TRequest request, ReadOnlyMemory<EncodedTensor> tensors, ExpectedTensor[] expected)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        long decoded = link.DecodeTicks;
        deadline.Start();
        try
        {
            return await link.RequestAsync<TRequest, TReply>(request, tensors, expected, deadline.Token);
        }
        catch (TaskFailedException e) when (string.Equals(e.Code, TaskFailureCodes.NoForward, StringComparison.Ordinal))
        {
            throw new ConnectionLostException($"node {link.NodeId} is not where its turn is: {e.Message}", e);
        }
        finally
        {
            deadline.Stop();
            clock.Codec(link.DecodeTicks - decoded);
        }
    }

    private StepId StepOf(int batch) => turn.Step with { Batch = batch };

    private void Check(StepId asked, StepId said, int computeMicroseconds)
    {
        if (said != asked)
        {
            throw new ConnectionLostException($"node {link.NodeId} answered {asked} with {said}");
        }

        _computeMicroseconds += computeMicroseconds;
    }

    private void RequireFinite(StepId step, ExpectedTensor[] tensors, double lossSum = 0)
    {
        if (!allowNonFinite)
        {
            long start = clock.Now;
            FiniteReplies.Require(link.NodeId, step, tensors, lossSum);
            clock.Codec(clock.Now - start);
        }
    }

    private ExpectedTensor Rows(string name, HostTensor buffer, int batch)
    {
        int rows = turn.Batches[batch].Length;
        return new ExpectedTensor(name, buffer.Type, [rows, .. buffer.Shape.AsSpan(1)], buffer.Rows(0, rows));
    }

    private EncodedTensor Encode(string name, HostTensor tensor)
    {
        long start = clock.Now;
        EncodedTensor encoded = EncodedTensor.Encode(name, tensor.Type, tensor.Shape, tensor.Memory, encoding);
        clock.Codec(clock.Now - start);
        return encoded;
    }

    private EncodedTensor EncodeIndices(int[] indices)
    {
        byte[] bytes = MemoryMarshal.AsBytes<int>(indices).ToArray();
        return EncodedTensor.Encode(TensorNames.Indices, ElementType.Int32, [indices.Length], bytes, encoding);
    }
}
