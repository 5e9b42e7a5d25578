namespace TorchSharp;

/// <summary>Disposes the tensors created while it is the thread's current scope, except those moved out or detached.</summary>
public sealed class DisposeScope : IDisposable
{
    private DisposeScopeManager? _manager;

    internal DisposeScope(DisposeScopeManager manager)
    {
        _manager = manager;
        OuterScope = manager.CurrentDisposeScope;
    }

    internal DisposeScope? OuterScope { get; set; }

    internal HashSet<IDisposable> Disposables { get; private set; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>A copy of what the scope holds now.</summary>
    public IReadOnlyList<IDisposable> DisposablesView
    {
        get
        {
            ThrowIfEnded();
            return Disposables.ToArray();
        }
    }

    public int DisposablesCount
    {
        get
        {
            ThrowIfEnded();
            return Disposables.Count;
        }
    }

    public T MoveToOuter<T>(T disposable)
        where T : IDisposable => MoveToOther(OuterScope, disposable);

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable => (MoveToOuter(first), MoveToOuter(second));

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable
        where T2 : IDisposable
        where T3 : IDisposable => (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOther(OuterScope, disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(OuterScope, disposables);

    public T MoveToOther<T>(DisposeScope? scope, T disposable)
        where T : IDisposable
    {
        ThrowIfEnded();
        if (scope is null) return Detach(disposable);
        if (Disposables.Remove(disposable)) Add(scope, disposable);
        return disposable;
    }

    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) =>
        MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        foreach (IDisposable disposable in disposables) MoveToOther(scope, disposable);
    }

    /// <summary>Takes something out of the scope: from then on its lifetime is the caller's affair.</summary>
    public T Detach<T>(T disposable)
        where T : IDisposable
    {
        ThrowIfEnded();
        if (Disposables.Remove(disposable) && disposable is torch.Tensor tensor) tensor.OwningDisposeScope = null;
        return disposable;
    }

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable => (Detach(first), Detach(second));

    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);

    public void Detach(IEnumerable<IDisposable> disposables)
    {
        foreach (IDisposable disposable in disposables) Detach(disposable);
    }

    public void Attach(IDisposable disposable)
    {
        ThrowIfEnded();
        Add(this, disposable);
    }

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        IDisposable[] all = disposables.ToArray();
        foreach (IDisposable disposable in all) Attach(disposable);
        return all;
    }

    public void DisposeEverything() => DisposeEverythingBut(Enumerable.Empty<IDisposable>());

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        ThrowIfEnded();
        HashSet<IDisposable> all = Disposables;
        Disposables = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        foreach (IDisposable disposable in all)
        {
            if (!Disposables.Contains(disposable)) disposable.Dispose();
        }
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep)
        where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    /// <summary>Disposes what is left in the scope and makes the outer scope current.</summary>
    public void Dispose()
    {
        if (_manager is null) return;
        foreach (IDisposable disposable in Disposables)
        {
            if (disposable is torch.Tensor tensor) tensor.OwningDisposeScope = null;
            disposable.Dispose();
        }

        Disposables.Clear();
        _manager.RemoveDisposeScope(this);
        _manager = null;
    }

    /// <summary>To be told of something that was disposed before the scope ended.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        ThrowIfEnded();
        Disposables.Remove(disposable);
        if (disposable is torch.Tensor tensor) tensor.OwningDisposeScope = null;
    }

    public bool Contains(IDisposable disposable) => Disposables.Contains(disposable);

    /// <summary>Puts one tensor in another's place, if that was in a scope.</summary>
    internal static void ReplaceWith(torch.Tensor original, torch.Tensor replacement)
    {
        DisposeScope? scope = original.OwningDisposeScope;
        if (scope is null || !scope.Disposables.Remove(original)) return;
        original.OwningDisposeScope = null;
        Add(scope, replacement);
    }

    private static void Add(DisposeScope scope, IDisposable disposable)
    {
        if (disposable is not torch.Tensor tensor)
            throw new InvalidOperationException("a dispose scope takes tensors only");
        if (ReferenceEquals(tensor.OwningDisposeScope, scope)) return;
        tensor.OwningDisposeScope?.Disposables.Remove(tensor);
        scope.Disposables.Add(tensor);
        tensor.OwningDisposeScope = scope;
    }

    private void ThrowIfEnded() => ObjectDisposedException.ThrowIf(_manager is null, this);
}
