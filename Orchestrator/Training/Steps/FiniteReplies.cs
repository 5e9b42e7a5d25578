using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Refuses NaN and infinity in what a node computed, before they reach θ, where they would stay. Asking again would give the same: it ends
/// the run.
/// </summary>
internal static class FiniteReplies
{
    /// <summary>Checks a reply, whose tensors have been received.</summary>
    /// <param name="nodeId">Whose.</param>
    /// <param name="step">Of which step.</param>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="lossSum">Its loss, where it has one.</param>
    /// <exception cref="TaskFailedException">Something is not finite; says what and where.</exception>
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

    /// <summary>What a gradient that is not finite ends the run with; it was found when it was added to the others.</summary>
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
