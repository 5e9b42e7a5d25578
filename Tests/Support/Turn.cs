namespace TraversalLearning.Tests.Support;

/// <summary>A turn at what this process has one of: the console, the log's configuration, torch's random generator.</summary>
internal sealed class Turn : IDisposable
{
    private static readonly SemaphoreSlim Free = new(1, 1);

    private Turn()
    {
    }

    /// <summary>Waits until nobody else has it.</summary>
    public static async Task<Turn> TakeAsync()
    {
        await Free.WaitAsync();
        return new Turn();
    }

    /// <inheritdoc/>
    public void Dispose() => Free.Release();
}
