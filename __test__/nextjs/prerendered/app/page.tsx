export default () => <p>nothing of a database</p>
