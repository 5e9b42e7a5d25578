using TraversalLearning.Messages;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// The rule that makes a mask a one-time pad: in a key epoch, no step and attempt masks two different values. A step is
/// masked once, later ones must come later, and the same request again gets the same reply.
/// </summary>
/// <typeparam name="TRequest">A request, comparable by value.</typeparam>
/// <typeparam name="TReply">Its masked reply.</typeparam>
internal sealed class MaskedOnce<TRequest, TReply>
    where TReply : class
{
    private StepId _last;
    private TRequest? _request;
    private TReply? _reply;

    /// <summary>Forgets replies: a new key epoch begins, in which nothing has been masked.</summary>
    public void Reset() => (_last, _request, _reply) = (default, default, null);

    /// <summary>The reply to a request: the one that was given before, or a new one.</summary>
    /// <param name="step">What the mask depends on, besides keys.</param>
    /// <param name="request">What the reply depends on otherwise.</param>
    /// <param name="mask">Computes and masks the reply. If it throws, nothing has been masked.</param>
    /// <exception cref="TaskRefusedException">Another request has been answered under this step's masks, or a later one.</exception>
    public TReply Of(StepId step, TRequest request, Func<TReply> mask)
    {
        int order = (step.Epoch, step.Batch, step.Attempt).CompareTo((_last.Epoch, _last.Batch, _last.Attempt));
        if (order == 0 && _reply is not null && EqualityComparer<TRequest>.Default.Equals(request, _request))
        {
            return _reply;
        }

        if (order <= 0)
        {
            throw new TaskRefusedException(TaskFailureCodes.Computation, $"{step} has been masked already, or a later step: the same mask must not hide two values");
        }

        _reply = null; // Its memory may be the new one's.
        TReply reply = mask();
        (_last, _request, _reply) = (step, request, reply);
        return reply;
    }
}
