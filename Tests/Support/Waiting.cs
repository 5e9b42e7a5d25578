namespace TraversalLearning.Tests.Support;

/// <summary>Waits that end in a failure instead of a hanging test run. They decide nothing: a test that passes never meets them.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>The task, or a failure after a minute.</summary>
    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Limit);

    /// <inheritdoc cref="Soon{T}(Task{T})"/>
    public static Task Soon(this Task task) => task.WaitAsync(Limit);

    /// <summary>Waits for something that has no event.</summary>
    public static async Task Until(Func<bool> condition)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.That(TimeProvider.System.GetElapsedTime(start), Is.LessThan(Limit), "it never came");
            await Task.Yield();
        }
    }
}
