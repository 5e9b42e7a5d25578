using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>A worker's requests to its study, one at a time.</summary>
/// <param name="connection">The connection to the study.</param>
internal sealed class StudyLink(Connection connection) : IFrameHandler
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private TaskCompletionSource<object> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _lastId;

    /// <summary>The study's shutdown message; <see langword="null"/> before it.</summary>
    public Shutdown? Shutdown { get; private set; }

    /// <summary>Cancelled when the connection has ended or the study has shut down.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Receives replies until the connection ends.</summary>
    public async Task<ConnectionLostException> RunAsync(ConnectionOptions options)
    {
        ConnectionLostException reason = await connection.RunAsync(this, options);
        await _ended.CancelAsync();
        Volatile.Read(ref _answer).TrySetException(new ConnectionLostException(reason.Message, reason));
        return reason;
    }

    /// <summary>Sends a request and waits for its reply.</summary>
    /// <exception cref="ConnectionLostException">The connection ended first, or the reply has the wrong
    /// type.</exception>
    public async Task<TAnswer> AskAsync<TQuestion, TAnswer>(TQuestion question, CancellationToken cancellationToken)
        where TQuestion : IMessage<TQuestion> =>
        await AskAsync(question, cancellationToken) is TAnswer answer ? answer : throw Confused(TQuestion.Type);

    /// <summary>Sends a request and waits for a reply of any type.</summary>
    /// <inheritdoc cref="AskAsync{TQuestion, TAnswer}"/>
    public async Task<object> AskAsync<TQuestion>(TQuestion question, CancellationToken cancellationToken)
        where TQuestion : IMessage<TQuestion>
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var answer = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _answer, answer);
            if (connection.Reason is { } reason)
            {
                throw new ConnectionLostException(reason.Message, reason);
            }

            await connection.SendAsync(question, ++_lastId, default, encoding: null, cancellationToken);
            return await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    bool IFrameHandler.Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        if (!MessageRule.Of(frame.Type).Allows(Senders.Study, Phases.Study))
        {
            ProtocolException.Throw(ProtocolError.UnexpectedMessage, $"the study sent {frame.Type}");
        }

        // A reply to an abandoned request is dropped.
        return frame.Type == MessageType.Shutdown || frame.RequestId == Volatile.Read(ref _lastId);
    }

    async ValueTask IFrameHandler.HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        if (frame.Type == MessageType.Shutdown)
        {
            Shutdown = frame.Read<Shutdown>();
            await _ended.CancelAsync();
            return;
        }

        _answer.TrySetResult(frame.Type switch
        {
            MessageType.RunOffer => frame.Read<RunOffer>(),
            MessageType.NoRun => frame.Read<NoRun>(),
            MessageType.RunVerdict => frame.Read<RunVerdict>(),
            _ => frame.Read<RunFile>(),
        });
    }

    private ConnectionLostException Confused(MessageType question)
    {
        string reason = $"the study's answer is none to {question}";
        connection.End(reason);
        return new ConnectionLostException(reason);
    }
}
