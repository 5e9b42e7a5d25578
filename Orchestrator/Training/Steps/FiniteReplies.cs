using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Rejects NaN and infinity in node results before they reach θ permanently. A retry would give the same, so the run
/// ends.
/// </summary>
internal static class FiniteReplies
{
    /// <summary>Checks a reply whose tensors have been received.</summary>
    /// <param name="nodeId">The node's id.</param>
    /// <param name="step">The step.</param>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="lossSum">Its loss, if it has one.</param>
    /// <exception cref="TaskFailedException">A value is not finite; the message gives the value and its
    /// position.</exception>
    public static void Require(int nodeId, StepId step, ExpectedTensor[] tensors, double lossSum = 0)
    {
        if (!double.IsFinite(lossSum))
        {
            throw Failure(nodeId, step, $"the loss is {lossSum}");
        }

        foreach (ExpectedTensor tensor in tensors)
        {
            int index = NonFinite.IndexOf(tensor.Destination.Span, tensor.Type);
            if (index >= 0)
            {
                throw Failure(nodeId, step, NotFinite(tensor.Name, index));
            }
        }
    }

    /// <summary>The failure for a non-finite gradient, which is detected when it is added to the others.</summary>
    public static TaskFailedException GradientFailure(int nodeId, StepId step, int element) =>
        Failure(nodeId, step, NotFinite(TensorNames.ParameterGradients, element));

    private static string NotFinite(string tensor, int element) => $"{tensor} is not finite (element {element})";

    private static TaskFailedException Failure(int nodeId, StepId step, string what) => new(
        nodeId,
        TaskFailureCodes.Computation,
        $"{what} in its reply of {step}: look at its data first, where a value may be very large; then use a smaller --lr or --clip_grad_norm; --allow_nonfinite goes on")
    {
        IsDivergence = true,
    };
}
