namespace TraversalLearning.Tests.Support;

/// <summary>A connected stream whose reads and writes wait for what a test decides.</summary>
/// <param name="read">A read; the default waits until it is cancelled.</param>
/// <param name="write">A write; the default is done at once.</param>
internal sealed class ScriptedStream(
    Func<Memory<byte>, CancellationToken, ValueTask<int>>? read = null, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>? write = null)
    : SequentialStream
{
    /// <summary>Whether the stream was disposed.</summary>
    public bool Disposed { get; private set; }

    public override bool CanWrite => true;

    /// <summary>Waits until it is cancelled.</summary>
    public static async ValueTask<int> Forever(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return 0;
    }

    /// <summary>A read that gives these bytes and then waits until it is cancelled.</summary>
    public static Func<Memory<byte>, CancellationToken, ValueTask<int>> Bytes(byte[] bytes)
    {
        var stream = new PieceStream(bytes);
        return (buffer, cancellationToken) =>
            stream.Read(buffer.Span) is > 0 and var count ? ValueTask.FromResult(count) : Forever(cancellationToken);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        read?.Invoke(buffer, cancellationToken) ?? Forever(cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        write?.Invoke(buffer, cancellationToken) ?? ValueTask.CompletedTask;

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Disposed = true;
        base.Dispose(disposing);
    }
}
