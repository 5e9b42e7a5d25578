using TraversalLearning.Messages;
using TraversalLearning.Records;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>Messages as nodes send them, for a record.</summary>
internal static class RecordedRun
{
    /// <summary>The orchestrator of the messages.</summary>
    public const string Hub = "hub.example:12345";

    /// <summary>The messages of a node in a run.</summary>
    public static RecordContext Of(string? run, int node = 1, string exchange = "two_phase") =>
        new(Hub, "hub.example", node) { Run = run, Exchange = run is null ? null : exchange };

    /// <summary>Records a message.</summary>
    public static void Send(
        this OutgoingRecord record, RecordContext context, MessageType type, StepId? step = null, long rows = 0, params EncodedTensor[] tensors) =>
        record.Of(context).Leaving(new OutgoingFrame(type, step, tensors, 100 + tensors.Sum(t => t.Bytes.Length), rows));

    /// <summary>Records the two replies of a visit.</summary>
    public static void SendVisit(this OutgoingRecord record, RecordContext context, int epoch, int batch, int rows = 8)
    {
        var step = new StepId(epoch, batch, 0);
        record.Send(context, MessageType.ForwardResult, step, rows, Tensor(TensorNames.Activations, rows, 250), Tensor(TensorNames.LogitGradients, rows, 10));
        record.Send(context, MessageType.BackwardResult, step, rows, Tensor(TensorNames.ParameterGradients, 12_500));
    }

    /// <summary>A tensor of zeros.</summary>
    public static EncodedTensor Tensor(string name, params long[] shape) =>
        EncodedTensor.Encode(name, ElementType.Float32, shape, new byte[4 * shape.Aggregate(1L, (a, b) => a * b)], TensorEncodingOptions.Raw);
}
