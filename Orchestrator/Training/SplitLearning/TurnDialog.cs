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
/// What is said to a node in one try at its turn, over one connection, and what must be true of what it answers. Whatever is not so ends the
/// connection, and the turn is taken again from its start.
/// </summary>
/// <param name="turn">The turn; its step has the attempt.</param>
/// <param name="link">The connection.</param>
/// <param name="deadline">Of one request.</param>
/// <param name="activations">Where <c>A</c> goes: <c>[B, …]</c>.</param>
/// <param name="logitGradients">Where <c>Λ</c> goes: <c>[B, C]</c>.</param>
/// <param name="encoding">How what is sent is encoded.</param>
/// <param name="clock">Told where the time goes.</param>
/// <param name="allowNonFinite">Whether NaN and infinity are taken.</param>
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

    /// <summary>Sum of the loss over the batches that are done.</summary>
    public double LossSum { get; private set; }

    /// <summary>Their hits.</summary>
    public long Hits { get; private set; }

    /// <summary>How long the node says that it computed.</summary>
    public int ComputeMicroseconds => (int)Math.Min(_computeMicroseconds, int.MaxValue);

    /// <summary>θ_N goes to the node.</summary>
    public async Task StartAsync(EncodedHalf first)
    {
        var request = new TurnStart(turn.Step, WireSeed.Write(turn.Seed), turn.Optimizer);
        TurnAck ack = await AskAsync<TurnStart, TurnAck>(request, first.Tensors, []);
        Check(turn.Step, ack.Step, ack.ComputeMicroseconds);
    }

    /// <summary>A batch's <c>A = f_N(X)</c> comes from the node.</summary>
    /// <returns>Has it in its first rows, until the next batch.</returns>
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

    /// <summary><c>Z</c> goes to the node, which has the labels, and <c>Λ</c> comes from it.</summary>
    /// <returns>Has it in its first rows, until the next batch.</returns>
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

    /// <summary><c>G</c> goes to the node, which takes its step on θ_N.</summary>
    public async Task BackwardAsync(int batch, HostTensor activationGradients)
    {
        StepId step = StepOf(batch);
        using EncodedTensor encoded = Encode(TensorNames.ActivationGradients, activationGradients);
        TurnAck ack = await AskAsync<TurnBackward, TurnAck>(new TurnBackward(step), new[] { encoded }, []);
        Check(step, ack.Step, ack.ComputeMicroseconds);
    }

    /// <summary>What the turn has made of θ_N comes from the node, into the front of an update.</summary>
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
