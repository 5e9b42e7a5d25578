using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>A worker's questions to its study, one at a time, and the answers.</summary>
/// <param name="connection">To the study.</param>
internal sealed class StudyLink(Connection connection) : IFrameHandler
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private TaskCompletionSource<object> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _lastId;

    /// <summary>The study's farewell; <see langword="null"/> while there was none.</summary>
    public Shutdown? Shutdown { get; private set; }

    /// <summary>Cancelled when the connection has ended, or the study has said farewell.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Receives answers until the connection ends.</summary>
    public async Task<ConnectionLostException> RunAsync(ConnectionOptions options)
    {
        ConnectionLostException reason = await connection.RunAsync(this, options);
        await _ended.CancelAsync();
        Volatile.Read(ref _answer).TrySetException(new ConnectionLostException(reason.Message, reason));
        return reason;
    }

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="ConnectionLostException">The connection ended first, or the answer is none to this question.</exception>
    public async Task<TAnswer> AskAsync<TQuestion, TAnswer>(TQuestion question, CancellationToken cancellationToken)
        where TQuestion : IMessage<TQuestion> =>
        await AskAsync(question, cancellationToken) is TAnswer answer ? answer : throw Confused(TQuestion.Type);

    /// <summary>Asks, and waits for the answer, of whatever kind.</summary>
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

        // An answer to a question that was given up is nobody's.
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
